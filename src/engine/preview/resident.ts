// What a solver worker keeps of a cluster between questions: its bare snapshot, brought up to date by the patch that comes with each.
import type { FallbackAnswer } from '../../model/fallback-answer.ts'
import { MOST_MAPS_KEPT } from '../../model/preview.ts'
import type { ClusterSnapshot } from '../../model/snapshot.ts'
import type { Change, Said } from '../../operations/admission.ts'
import {
  fingerprint,
  homesNow,
  prepareFallback,
  type StoredFallback,
} from '../../operations/fallback-maps.ts'
import type { PreparedFallback } from '../../operations/plan/targets.ts'
import { presentProblem } from '../../operations/present.ts'
import { homesOf } from '../../solver/compile.ts'
import { allFallbacks } from '../../solver/resilience/index.ts'
import { applyPatch } from '../patch.ts'
import type { Patch } from '../protocol.ts'
import type { Hooks } from '../solving/answer.ts'
import { answerFallback, type FallbackRequest } from './fallback-answer.ts'
import { sceneOf } from './scene.ts'
import { judgeAfter, type Judgement, judgeScene, type Memory } from './judgement.ts'

/** Fallback maps of the CDM, for etcd. */
export interface MapsOfHomes {
  readonly inputs: string
  /** Undefined: those of `unless` are what was asked for. */
  readonly maps: readonly Pick<StoredFallback, 'failed' | 'map' | 'unplaced'>[] | undefined
}

/** Questions about the cluster that the worker keeps, by name. */
export interface SceneQuestions {
  readonly judge: { readonly asked: undefined; readonly answer: Judgement | undefined }
  /** Whether X holds once the cluster has changed so. */
  readonly after: {
    readonly asked: { readonly change?: Change; readonly seconds: number }
    readonly answer: Said
  }
  readonly fallback: {
    readonly asked: FallbackRequest
    readonly answer: FallbackAnswer | undefined
  }
  /** Where an evacuation begins: see `prepareFallback`. */
  readonly prepare: {
    readonly asked: FallbackRequest
    readonly answer: PreparedFallback | undefined
  }
  /** Makes what every answer needs, so that the first who asks does not wait for it. */
  readonly ready: { readonly asked: undefined; readonly answer: undefined }
  /** `unless`: maps that rest on this are there already. */
  readonly maps: {
    readonly asked: { readonly unless: string | undefined }
    readonly answer: MapsOfHomes | undefined
  }
}

export type SceneQuestion = {
  readonly [K in keyof SceneQuestions]: {
    readonly about: K
    readonly with: SceneQuestions[K]['asked']
  }
}[keyof SceneQuestions]

export interface SceneRequest {
  /** From the snapshot of the last request to that of this one; undefined: it is the same. */
  readonly patch: Patch | undefined
  /** The patch holds all there is. */
  readonly isWhole: boolean
  readonly question: SceneQuestion
}

export type SceneAnswer = SceneQuestions[keyof SceneQuestions]['answer']

const MAPS_S = 20

/** The request rests on a snapshot that this worker never had. */
export class NothingKept extends Error {
  override readonly name = 'NothingKept'
  constructor() {
    super('this worker was not told the cluster yet')
  }
}

export class Resident {
  #snapshot: ClusterSnapshot | undefined
  readonly #memory: Memory = {}

  answer({ patch, isWhole, question }: SceneRequest, hooks: Hooks): SceneAnswer {
    if (this.#snapshot === undefined && !isWhole) throw new NothingKept()
    if (patch !== undefined)
      this.#snapshot = applyPatch(isWhole ? undefined : this.#snapshot, patch)
    if (this.#snapshot === undefined) throw new NothingKept()
    switch (question.about) {
      case 'judge':
        return judgeScene(this.#snapshot, hooks, this.#memory)
      case 'after':
        return judgeAfter(this.#snapshot, question.with, hooks, this.#memory)
      case 'prepare': {
        const { failed, stored, wall } = question.with
        return prepareFallback(this.#snapshot, failed, {
          stored,
          now: () => hooks.now(),
          stopped: () => hooks.stopped(),
          wall,
        })
      }
      case 'fallback':
        return answerFallback(this.#snapshot, question.with, hooks)
      case 'ready':
        sceneOf(this.#snapshot)?.fallback([], {})
        return undefined
      case 'maps':
        return mapsOfHomes(this.#snapshot, question.with.unless, hooks)
    }
  }
}

/** Of every failure set up to X, smaller ones first, with all VMs at home: what a later failure finds prepared. */
function mapsOfHomes(
  snapshot: ClusterSnapshot,
  unless: string | undefined,
  hooks: Hooks,
): MapsOfHomes | undefined {
  const { config } = snapshot
  if (config === undefined) return undefined
  const inputs = fingerprint(config, homesNow(snapshot))
  if (inputs === unless) return { inputs, maps: undefined }
  const problem = presentProblem(snapshot, config)
  const homes = homesOf(problem)
  const ha = new Set(problem.vms.flatMap(vm => (vm.ha ? [vm.name] : [])))
  const maps: Pick<StoredFallback, 'failed' | 'map' | 'unplaced'>[] = []
  for (const { failed, map } of allFallbacks(problem, homes, {
    now: () => hooks.now(),
    stopped: () => hooks.stopped(),
    seconds: MAPS_S,
  })) {
    if (maps.length >= MOST_MAPS_KEPT) break
    const dead = new Set(failed)
    const unplaced = [...homes].flatMap(([vm, hwm]) =>
      dead.has(hwm) && ha.has(vm) && !map.has(vm) ? [vm] : [],
    )
    if (map.size + unplaced.length > 0) maps.push({ failed, map, unplaced })
  }
  return { inputs, maps }
}
