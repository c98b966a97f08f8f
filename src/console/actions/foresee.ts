// Asking the engine what would happen: the failure set that is selected or built, again when the answer may be another.
import { setName } from '../../model/preview.ts'
import type { FallbackAnswer } from '../../model/fallback-answer.ts'
import { activeList } from '../state.ts'
import type { ConsoleStore } from '../store.ts'
import { selection } from '../store.ts'
import { wantedSet } from '../wanted-set.ts'
import { goToScreen } from './move.ts'

/** `w`: what if the marked HWMs fail, else the selected one; on a list of VMs, the HWM that one runs on. */
export function whatIf(store: ConsoleStore): void {
  const hwms = meantHwms(store)
  if (hwms.length === 0) return
  goToScreen(store, 'fallback')
  store.patchList('fallback', {
    filter: '',
    marks: new Set(hwms),
    ...(hwms.length === 1 && { selected: hwms[0] }),
  })
}

/** The HWMs that `w` would be about. */
export function meantHwms(store: ConsoleStore): readonly string[] {
  const state = store.getState()
  const last = state.opened.at(-1)
  const { picture } = state
  const whereOf = (vm: string) => picture.vm(vm)?.where ?? picture.vm(vm)?.home
  if (last) {
    const name =
      last.kind === 'hwm' ? last.name : last.kind === 'vm' ? whereOf(last.name) : undefined
    return name === undefined ? [] : [name]
  }
  const id = activeList(state)
  if (id === undefined || id === 'log') return []
  if (id === 'fallback') return wantedSet(state, store.lists)
  const { marks } = state.lists[id]
  const names = marks.size > 0 ? [...marks] : [selection(state, store.lists, id)?.name ?? '']
  const hwms = names.map(name => (id === 'hwm' || id === 'place' ? name : whereOf(name)))
  return [
    ...new Set(hwms.filter(name => name !== undefined && picture.hwm(name) !== undefined)),
  ] as string[]
}

/** Dimensions that HWMs have, in the order of the keys that turn them. */
const DIMENSIONS: readonly string[] = ['ram', 'cpu', 'storage', 'rx', 'tx']

/** The next dimension that the boxes of screen 3 are filled by. */
export function nextDimension(store: ConsoleStore): void {
  const { picture, dimension } = store.getState()
  const own = picture.snapshot?.config?.dimensions ?? []
  const known = [...DIMENSIONS, ...own]
  store.setState({ dimension: known[(known.indexOf(dimension) + 1) % known.length] ?? 'ram' })
}

/**
 * Keeps the answer of screen 4 that of what is selected there: asks when that is another, or when the solver has judged again. One question
 * at a time; while one is under way the newest is what is asked next, however many keys were pressed.
 */
export function followFallback(store: ConsoleStore): Disposable {
  let asked = ''
  let askedOf: unknown
  let isAsking = false
  const look = () => {
    const state = store.getState()
    if (isAsking || state.screen !== 'fallback' || state.link.state !== 'live') return
    const wanted = wantedSet(state, store.lists)
    const name = setName(wanted)
    const { verdict } = state.foresight
    if (wanted.length === 0 || (name === asked && verdict === askedOf)) return
    const isOther = name !== asked
    asked = name
    askedOf = verdict
    isAsking = true
    if (isOther) store.setState({ fallback: { ...state.fallback, of: name, top: 0 } })
    void store.effects.ask({ ask: 'fallback', failed: wanted }).then(answer => {
      isAsking = false
      const { fallback } = store.getState()
      store.setState({
        fallback: answer.ok
          ? { ...fallback, answer: answer.value as FallbackAnswer, problem: '' }
          : { ...fallback, answer: undefined, problem: answer.error },
      })
      look()
    })
  }
  return { [Symbol.dispose]: store.subscribe(look) }
}
