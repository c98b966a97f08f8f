// What the solver is asked to be best by, in words, and while it is being typed.
import { type BestBy, bestByGoesOn, type Objective, readBestBy } from '../model/objectives.ts'
import type { Completion } from './palette.ts'

export const OBJECTIVE_WORDS: Readonly<Record<Objective, string>> = {
  'fewest-moves': 'fewest moves',
  balance: 'balance',
  'fewest-hwms': 'fewest HWMs',
}

const OBJECTIVE_MEANS: Readonly<Record<Objective, string>> = {
  'fewest-moves': 'VMs that leave their home',
  balance: 'how unlike HWMs are filled, all dimensions together: 0 is alike',
  'fewest-hwms': 'HWMs that hold VMs; the others can be switched off',
}

/** `fewest HWMs, then balance`; `100 x balance + 1 x fewest moves`. */
export function bestByWords({ objectives, mix }: BestBy): string {
  return mix
    ? mix.map(({ objective, weight }) => `${weight} x ${OBJECTIVE_WORDS[objective]}`).join(' + ')
    : (objectives ?? []).map(each => OBJECTIVE_WORDS[each]).join(', then ')
}

/** The one objective there is; undefined for a mix and for several. */
export function onlyOne({ objectives, mix }: BestBy): Objective | undefined {
  return mix === undefined && objectives?.length === 1 ? objectives[0] : undefined
}

/** What is typed, as it would be understood, or what is wrong with it. */
export function bestByTyped(text: string): { readonly ok: boolean; readonly says: string } {
  if (text.trim() === '')
    return {
      ok: false,
      says: 'such as fewest-hwms,balance (the first decides) or balance:100,fewest-moves:1',
    }
  const read = readBestBy(text)
  return read.ok ? { ok: true, says: bestByWords(read.bestBy) } : { ok: false, says: read.problem }
}

export function bestByCompletions(text: string): readonly Completion[] {
  return bestByGoesOn(text).map(line => ({ line, label: line, detail: meaningOf(line) }))
}

function meaningOf(line: string): string {
  if (line.endsWith(',')) return 'and another objective'
  const [objective = ''] = line.slice(line.lastIndexOf(',') + 1).split(':')
  const means = OBJECTIVE_MEANS[objective as Objective]
  return line.endsWith(':') ? `with a weight; ${means}` : means
}
