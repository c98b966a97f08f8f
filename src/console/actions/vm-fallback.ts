// Where the opened VM restarts, by failure set: asked of the engine, set after set, when it is opened, when it has moved, and when the solver
// has judged again.
import type { FallbackAnswer } from '../../model/fallback-answer.ts'
import { setName, type FailureSet } from '../../model/preview.ts'
import type { ConsoleState } from '../state.ts'
import type { ConsoleStore } from '../store.ts'

/** So many sets are asked about: the rest is screen 4's. */
const MOST_SETS = 6

/** Failure sets that take the VM's HWM: that one alone first, then the worst. */
export interface SetsOfVm {
  readonly hwm: string
  readonly sets: readonly (Pick<FailureSet, 'failed' | 'label'> & { readonly name: string })[]
  readonly more: number
}

/** Undefined: nothing restarts it (a plain VM, which waits), or nothing is known yet. */
export function setsOfVm(state: ConsoleState, name: string): SetsOfVm | undefined {
  const { picture, foresight } = state
  const vm = picture.vm(name)
  const hwm = vm?.where ?? vm?.home
  const { preview, verdict } = foresight
  if (vm?.kind !== 'havm' || hwm === undefined || verdict === undefined) return undefined
  const listed = Object.values(preview?.sets ?? {})
    .filter(each => each.failed.includes(hwm) && each.failed.length > 1)
    .sort(
      (a, b) =>
        badness(b) - badness(a) ||
        a.failed.length - b.failed.length ||
        (a.label < b.label ? -1 : 1),
    )
  const all = [{ failed: [hwm], label: hwm }, ...listed]
  return {
    hwm,
    sets: all
      .slice(0, MOST_SETS)
      .map(({ failed, label }) => ({ failed, label, name: setName(failed) })),
    more: Math.max(0, all.length - MOST_SETS),
  }
}

function badness({ state }: FailureSet): number {
  return { covered: 0, unknown: 1, short: 2 }[state]
}

/** What the engine has answered about the sets of one VM so far. */
export interface VmFallback {
  readonly vm: string
  readonly hwm: string
  /** By the name of the set; a text: why there is no answer. */
  readonly answers: ReadonlyMap<string, FallbackAnswer | string>
}

/** One question at a time, and none about a VM that is no longer open. */
export function followVmFallback(store: ConsoleStore): Disposable {
  let round: { readonly vm: string; readonly hwm: string; readonly of: unknown } | undefined
  let unanswered = new Set<string>()
  let isAsking = false
  const look = () => {
    const state = store.getState()
    const last = state.opened.at(-1)
    if (last?.kind !== 'vm' || last.page !== 'facts') {
      round = undefined
      return
    }
    if (isAsking || state.link.state !== 'live') return
    const wanted = setsOfVm(state, last.name)
    if (wanted === undefined) return
    const { hwm } = wanted
    const { verdict: of } = state.foresight
    if (round?.vm !== last.name || round.hwm !== hwm || round.of !== of) {
      round = { vm: last.name, hwm, of }
      // What was answered for another place, or before the solver judged again, is asked anew; it stays in sight until then.
      unanswered = new Set(wanted.sets.map(each => each.name))
      const had = state.vmFallback
      if (had?.vm !== last.name || had.hwm !== hwm) {
        // Whoever is told of that looks again, and asks.
        store.setState({ vmFallback: { vm: last.name, hwm, answers: new Map() } })
        return
      }
    }
    const next = wanted.sets.find(each => unanswered.has(each.name))
    if (next === undefined) return
    const asked = round
    isAsking = true
    void store.effects.ask({ ask: 'fallback', failed: next.failed }).then(answer => {
      isAsking = false
      if (round === asked) {
        unanswered.delete(next.name)
        const { vmFallback } = store.getState()
        const answers = new Map(vmFallback?.answers)
        answers.set(next.name, answer.ok ? (answer.value as FallbackAnswer) : answer.error)
        store.setState({ vmFallback: { vm: asked.vm, hwm, answers } })
      }
      look()
    })
  }
  return { [Symbol.dispose]: store.subscribe(look) }
}
