// What a placement is best by: one objective, several in the order of their importance, or a weighted mix of them; and how that is written.

/** Lexicographic: the first decides, the next breaks ties. */
export type Objective = 'fewest-hwms' | 'balance' | 'fewest-moves'

export const OBJECTIVES: readonly Objective[] = ['fewest-hwms', 'balance', 'fewest-moves']

/**
 * A part of a weighted sum. Units of `value`: HWMs with VMs (those kept free for failures are not counted); the balance score; migrations.
 */
export interface Term {
  readonly objective: Objective
  /** Above 0. */
  readonly weight: number
}

/** With neither: fewest moves when VMs have homes, else fewest HWMs. */
export interface BestBy {
  /** The first decides. */
  readonly objectives?: readonly Objective[]
  /** Instead of `objectives`: their weighted sum decides. */
  readonly mix?: readonly Term[]
}

export type ReadBestBy =
  | { readonly ok: true; readonly bestBy: BestBy }
  /** What is wrong, with what was expected, as the end of a sentence. */
  | { readonly ok: false; readonly problem: string }

/** Words in the order of their importance, `fewest-hwms,balance`, or a mix, `balance:1,fewest-moves:0.2`. */
export function readBestBy(text: string): ReadBestBy {
  const terms: { objective: Objective; weight: string | undefined }[] = []
  for (const part of text.split(',')) {
    const [word = '', weight] = part.trim().split(/:(.*)/, 2)
    const objective = OBJECTIVES.find(each => each === word)
    if (objective === undefined) return wrong(`'${word}' is none of ${OBJECTIVES.join(', ')}`)
    if (terms.some(term => term.objective === objective))
      return wrong('each objective can be there once')
    terms.push({ objective, weight })
  }
  if (terms.every(term => term.weight === undefined))
    return { ok: true, bestBy: { objectives: terms.map(term => term.objective) } }
  const mix: Term[] = []
  for (const { objective, weight } of terms) {
    if (weight === undefined) return wrong('in a mix every objective has a weight, as balance:1')
    const value = Number(weight)
    if (!/^\d+(\.\d+)?$/.test(weight) || value <= 0 || !Number.isFinite(value))
      return wrong(`the weight '${weight}' is no number above 0, such as 0.2`)
    mix.push({ objective, weight: value })
  }
  return { ok: true, bestBy: { mix } }
}

function wrong(problem: string): ReadBestBy {
  return { ok: false, problem }
}

/** As `readBestBy` reads it. */
export function bestByText({ objectives, mix }: BestBy): string {
  return mix
    ? mix.map(({ objective, weight }) => `${objective}:${weight}`).join(',')
    : (objectives ?? []).join(',')
}

/** How a text that is being typed can go on: whole texts, each objective that is not there yet, with a weight once one has a weight. */
export function bestByGoesOn(text: string): readonly string[] {
  const head = text.slice(0, text.lastIndexOf(',') + 1)
  const word = text.slice(head.length).trim()
  const known = new Set(head.split(',').map(part => part.trim().split(':')[0]))
  const ofMix = head.includes(':')
  const left = OBJECTIVES.filter(each => !known.has(each))
  const begun = left.filter(each => each.startsWith(word) && each !== word)
  if (begun.length > 0) return begun.map(each => `${head}${each}${ofMix ? ':' : ''}`)
  const [objective = '', weight] = word.split(':')
  if (!left.some(each => each === objective)) return []
  const more = left.length > 1 ? [`${text},`] : []
  if (weight === undefined) return ofMix ? [`${text}:`] : head === '' ? [`${text}:`, ...more] : more
  return readBestBy(text).ok ? more : []
}
