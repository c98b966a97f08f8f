// The engine itself: observes a cluster, shows it to any number of screens, and answers their questions.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Duplex } from 'node:stream'
import type { CallOptions, Hypervisor } from '../libvirt/hypervisor.ts'
import type { Observation } from '../cluster/observe.ts'
import { OwnStopWatch } from '../operations/own-stop-watch.ts'
import { Acting, type ActingParts } from './acting/acting.ts'
import type { ActingQuestion } from './acting/questions.ts'
import type { ClusterSnapshot } from '../model/snapshot.ts'
import type { Solved } from '../model/solved.ts'
import type { OneWorker } from './preview/scene-worker.ts'
import { SolverDesk, type SolveRequest } from './preview/solver-desk.ts'
import { Foreseer, type ForeseerOptions } from './preview/foreseer.ts'
import type { Answer, Question } from './protocol.ts'
import { PROTOCOL_VERSION } from './protocol.ts'
import { type Asker, Screen } from './screen.ts'

export interface EngineParts {
  readonly observation: Observation
  readonly version: string
  /** Does what a line says to a made-up cluster, and tells it in a sentence; absent: the cluster is real. Throws for a line it does not know. */
  readonly simulate?: (line: string) => string
  /** Absent: this engine only looks. Disposed of with the engine. */
  readonly acting?: ActingParts & Partial<AsyncDisposable>
  /** A VM's XML in the domain store, read through this HWM where it is a folder; absent: there is no such store. */
  readonly storedXml?: (vm: string, hwm: string, limits: CallOptions) => Promise<string | undefined>
  /** For the solver beside the observer; absent: it says nothing. */
  readonly foresight?: Omit<ForeseerOptions, 'changed'> & { readonly hire?: () => OneWorker }
}

/** Below the screen's own limit for an answer, so that it hears what went wrong. */
const QUESTION_LIMIT_MS = 15_000

/** Ten times finer than the budget for a gap. */
const GAP_RESOLUTION_MS = 100

export class Engine implements AsyncDisposable {
  readonly #parts: EngineParts
  readonly #screens = new Set<Screen>()
  readonly #showing: Disposable
  readonly #acting: Acting | undefined
  readonly #ownStops: OwnStopWatch | undefined
  readonly #gaps = monitorEventLoopDelay({ resolution: GAP_RESOLUTION_MS })
  readonly #foreseer: Foreseer | undefined
  readonly #desk: SolverDesk
  #whenEmpty: () => void = () => undefined

  constructor(parts: EngineParts) {
    this.#parts = parts
    this.#desk = new SolverDesk(parts.foresight?.hire)
    this.#acting = parts.acting && new Acting(parts.acting, id => this.#desk.found(id))
    this.#gaps.enable()
    const { observation, foresight } = parts
    const acting = this.#acting
    this.#ownStops =
      acting &&
      new OwnStopWatch({
        clock: acting.clock,
        snapshot: () => observation.snapshot,
        write: vms => acting.recordOwnStops(vms),
      })
    this.#foreseer = foresight && new Foreseer({ ...foresight, changed: () => this.#show() })
    this.#showing = observation.onSnapshot(snapshot => {
      this.#foreseer?.see(snapshot)
      this.#ownStops?.see(snapshot)
      this.#show()
    })
    if (observation.snapshot.seq > 0) this.#foreseer?.see(observation.snapshot)
  }

  /** What is observed, and what the solver says of it. */
  get #picture(): ClusterSnapshot {
    const { snapshot } = this.#parts.observation
    return this.#foreseer ? { ...snapshot, preview: this.#foreseer.preview } : snapshot
  }

  #show(): void {
    if (this.#screens.size === 0) return
    const picture = this.#picture
    for (const screen of this.#screens) screen.show(picture)
  }

  /** Serves one more screen until it leaves. */
  attach(stream: Duplex): void {
    const { observation, version, simulate } = this.#parts
    const simulated = simulate !== undefined
    const hello = {
      type: 'hello',
      protocol: PROTOCOL_VERSION,
      version,
      pid: process.pid,
      simulated,
    } as const
    const screen: Screen = new Screen(stream, hello, {
      answer: (question, asker) => this.#answer(question, asker),
      lookingAt: item => observation.lookAt(stream, item),
      left: () => {
        this.#screens.delete(screen)
        observation.lookAt(stream, undefined)
        if (this.#screens.size === 0) this.#whenEmpty()
      },
    })
    this.#screens.add(screen)
    if (observation.snapshot.seq > 0) screen.show(this.#picture)
  }

  /** Resolves when the last screen has left. */
  empty(): Promise<void> {
    return new Promise(resolve => {
      this.#whenEmpty = resolve
    })
  }

  /** Resolves when nothing is left to do for those who have left: what ran is over, or has been parked. */
  async finished(): Promise<void> {
    await this.#acting?.settled()
  }

  /** What is conducted here is brought to a safe point, where any console can take it up. */
  async park(): Promise<void> {
    await this.#acting?.park()
  }

  /** Tells all screens that it cannot go on. */
  fatal(message: string): void {
    for (const screen of this.#screens) screen.fatal(message)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#showing[Symbol.dispose]()
    this.#gaps.disable()
    this.#ownStops?.[Symbol.dispose]()
    await this.#parts.acting?.[Symbol.asyncDispose]?.()
    await this.#desk[Symbol.asyncDispose]()
    await this.#foreseer?.[Symbol.asyncDispose]()
    await this.#parts.observation[Symbol.asyncDispose]()
  }

  async #answer(question: Question, asker: Asker): Promise<Answer> {
    try {
      return { ok: true, value: await this.#find(question, asker) }
    } catch (error) {
      return { ok: false, error: error instanceof Error ? error.message : String(error) }
    }
  }

  async #find(question: Question, asker: Asker): Promise<unknown> {
    const { signal } = asker
    const limits = { timeoutMs: QUESTION_LIMIT_MS, signal }
    switch (question.ask) {
      case 'domain-xml': {
        const { vm, hwm, which } = question
        if (which === 'store') return this.#storedXml(vm, hwm, limits)
        const uuid = this.#parts.observation.snapshot.vms[vm]?.instances.find(
          instance => instance.hwm === hwm,
        )?.uuid
        if (uuid === undefined) throw new Error(`${hwm} has no domain ${vm}`)
        return this.#libvirt(hwm).xml({ name: vm, uuid }, which, limits)
      }
      case 'hwm-detail':
        return { ...(await this.#libvirt(question.hwm).facts(limits)) }
      case 'simulate':
        if (!this.#parts.simulate) throw new Error('this cluster is real: nothing is simulated')
        return this.#parts.simulate(question.line)
      case 'fallback':
        return this.#foreseeing.fallback(question.failed, signal)
      case 'solve':
        return this.#solve(question, asker)
      case 'leave-out':
        return this.#desk.leaveOut(question, signal)
      case 'engine-health':
        return this.#health()
      case 'plan':
      case 'commit':
      case 'operation':
      case 'after-plan':
      case 'fence-status':
        return this.#act(question, signal)
    }
  }

  /** What was confirmed goes on when the screen that asked is gone. */
  #act(question: ActingQuestion, signal: AbortSignal): Promise<unknown> {
    if (!this.#acting) throw new Error('this console is read-only')
    return this.#acting.answer(question, signal)
  }

  #solve(request: SolveRequest, asker: Asker): Promise<Solved> {
    const { preview } = this.#foreseeing
    return this.#desk.solve(this.#parts.observation.snapshot, preview, request, asker)
  }

  get #foreseeing(): Foreseer {
    if (!this.#foreseer) throw new Error('this engine has no solver')
    return this.#foreseer
  }

  async #storedXml(vm: string, hwm: string, limits: CallOptions): Promise<string> {
    const { storedXml, observation } = this.#parts
    const { config } = observation.snapshot
    if (!storedXml || !config) throw new Error('there is no domain store here')
    const xml = await storedXml(vm, hwm, limits)
    if (xml === undefined)
      throw new Error(`${config.domains} has no XML of ${vm}: yasco dump puts it there`)
    return xml
  }

  #libvirt(hwm: string): Hypervisor {
    const hypervisor = this.#parts.observation.hypervisor(hwm)
    if (!hypervisor) throw new Error(`${hwm} does not answer now`)
    return hypervisor
  }

  #health(): EngineHealth {
    const { rss, heapUsed } = process.memoryUsage()
    return {
      pid: process.pid,
      rss,
      heapUsed,
      screens: this.#screens.size,
      longestGapMs: this.#gaps.max / 1e6 - GAP_RESOLUTION_MS,
    }
  }
}

/** Answer to `engine-health`: bytes, and the longest time for which this process's event loop stood still since it began, in ms. */
export interface EngineHealth {
  readonly pid: number
  readonly rss: number
  readonly heapUsed: number
  readonly screens: number
  readonly longestGapMs: number
}
