// The live migrations that make a new CDM true, in the order that the solver found.
import type { ClusterSnapshot, VmView } from '../../model/snapshot.ts'
import type { ClusterConfig } from '../../model/cluster.ts'
import { checkPlacement } from '../../solver/check/placement.ts'
import type { Move, PlacementMap, ProblemGroup } from '../../solver/problem.ts'
import { presentProblem } from '../present.ts'
import { basisOf, loadChanges, plural } from './common.ts'
import { NoPlan, type LeftOut, type Plan, type PlannedMove } from './plan.ts'
import { Room } from './room.ts'

/** A map that becomes the CDM, and the moves that make it true. */
export interface NewMap {
  readonly map: PlacementMap
  readonly moves: readonly Move[]
}

const MOST_COMPLAINTS = 5

/** Throws `NoPlan` for a map that the independent checker does not accept for what is there now. */
export function planApplyMap(
  snapshot: ClusterSnapshot,
  config: ClusterConfig,
  { map, moves }: NewMap,
): Plan {
  const complaints = checkPlacement(presentProblem(snapshot, config), map)
  if (complaints.length > 0)
    throw new NoPlan(
      `the map does not fit what is there now: ${complaints.slice(0, MOST_COMPLAINTS).join(' ')}`,
    )
  return { ...planMoves(snapshot, moves, config.groups), homes: Object.fromEntries(map) }
}

/**
 * A move waits for those of earlier batches that make its room, that are in a group with it, or that are its own first half. Who does not
 * run is not moved: it starts at its new home.
 */
function planMoves(
  snapshot: ClusterSnapshot,
  moves: readonly Move[],
  groups: readonly ProblemGroup[],
): Plan {
  const room = new Room(snapshot)
  const before = new Before(moves, groups)
  const staying: LeftOut[] = []
  const unplaced: LeftOut[] = []
  const planned: PlannedMove[] = []
  for (const move of moves) {
    const vm = snapshot.vms[move.vm]
    if (vm === undefined) continue
    const why = whyNot(vm, move, before.firstOf(move.vm))
    if (why !== undefined) {
      const list = why.isFailure ? unplaced : staying
      if (!list.some(each => each.vm === move.vm))
        list.push({ vm: move.vm, kind: vm.kind, why: why.text })
      continue
    }
    room.add(move.to, vm.demand)
    room.remove(move.from, vm.demand)
    planned.push({
      vm: move.vm,
      kind: vm.kind === 'havm' ? 'havm' : 'vm',
      method: 'live',
      from: move.from,
      targets: [move.to],
      why: move.bounce ? 'on its way: makes room' : 'its new home',
      interrupts: false,
      after: before.waitsFor(move),
      bounce: move.bounce,
      keepPaused: vm.state === 'paused',
    })
  }
  const left = new Set([...staying, ...unplaced].map(each => each.vm))
  const kept = planned.map(move => ({ ...move, after: move.after.filter(vm => !left.has(vm)) }))
  return {
    kind: 'apply-plan',
    subject: snapshot.cluster,
    sentence: `Move ${plural(new Set(kept.map(move => move.vm)).size, 'VM')} live to ${kept.length === 1 ? 'its new home' : 'their new homes'}${unplaced.length > 0 ? `, ${unplaced.length} cannot be moved` : ''}`,
    moves: kept,
    unplaced,
    staying,
    loads: loadChanges(snapshot, room),
    mustBeOff: [],
    confirm: 'yes',
    notes: [],
    cordon: undefined,
    basis: basisOf(
      snapshot,
      kept.flatMap(move => [move.from ?? '', ...move.targets]).filter(name => name !== ''),
      kept.map(move => move.vm),
    ),
  }
}

function whyNot(
  vm: VmView,
  { from }: Move,
  first: Move | undefined,
): { readonly text: string; readonly isFailure: boolean } | undefined {
  if (vm.state === 'stopped' || vm.state === 'absent')
    return { text: `is ${vm.state}: it starts at its new home`, isFailure: false }
  if (vm.state !== 'running' && vm.state !== 'paused')
    return { text: `is ${vm.state}`, isFailure: true }
  return first?.from === vm.where || from !== first?.from
    ? undefined
    : { text: `is on ${vm.where}, not on ${from} any more`, isFailure: true }
}

/** Who waits for whom. Thousands of moves are looked up, not searched: the engine's heartbeats wait for this. */
class Before {
  readonly #moves: readonly Move[]
  /** Positions in the order, by VM and by the HWM that is left. */
  readonly #ofVm = new Map<string, number[]>()
  readonly #leaving = new Map<string, number[]>()
  readonly #mates = new Map<string, Set<string>>()

  constructor(moves: readonly Move[], groups: readonly ProblemGroup[]) {
    this.#moves = moves
    moves.forEach(({ vm, from }, at) => {
      listIn(this.#ofVm, vm).push(at)
      listIn(this.#leaving, from).push(at)
    })
    for (const { members } of groups)
      for (const member of members)
        this.#mates.set(member, new Set([...(this.#mates.get(member) ?? []), ...members]))
  }

  firstOf(vm: string): Move | undefined {
    const [at] = this.#ofVm.get(vm) ?? []
    return at === undefined ? undefined : this.#moves[at]
  }

  /** VMs with a move in an earlier batch that makes this one's room, is its own first half, or is of one in a group with it. */
  waitsFor({ vm, to, batch }: Move): readonly string[] {
    const near = new Set(this.#leaving.get(to))
    for (const name of [vm, ...(this.#mates.get(vm) ?? [])])
      for (const at of this.#ofVm.get(name) ?? []) near.add(at)
    const before = [...near].sort((a, b) => a - b).map(at => this.#moves[at]!)
    return [...new Set(before.filter(other => other.batch < batch).map(other => other.vm))]
  }
}

function listIn(lists: Map<string, number[]>, name: string): number[] {
  const list = lists.get(name) ?? []
  lists.set(name, list)
  return list
}
