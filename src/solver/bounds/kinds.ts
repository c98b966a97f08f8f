// HWMs of a few kinds: how many of each? Every choice of a number per kind is looked at as far as it could still have enough of every
// dimension. What the dimensions one by one, or any weighted mix of them, cannot say: that no choice has enough of all.

/** Looked at in one search; a search that is cut says nothing. */
const MOST_NODES = 100_000
/** What asking for the worth of a choice counts beside. */
const WORTH_NODES = 20
const MOST_CAPACITY = 2 ** 50

/** HWMs of equal capacity. */
export interface Kind {
  readonly members: readonly number[]
  readonly capacity: Float64Array
}

/** `capacity`: HWM * dims + dim. Members stay in the order given. */
export function kindsOf(capacity: Float64Array, dims: number, hwms: Iterable<number>): Kind[] {
  const kinds = new Map<string, { members: number[]; capacity: Float64Array }>()
  for (const h of hwms) {
    const own = capacity.slice(h * dims, (h + 1) * dims).map(c => Math.min(c, MOST_CAPACITY))
    const key = own.join()
    const kind = kinds.get(key)
    if (kind === undefined) kinds.set(key, { members: [h], capacity: own })
    else kind.members.push(h)
  }
  return [...kinds.values()]
}

/** What a choice is worth beyond having enough: below 1, it is of no use. */
export type Worth = (counts: readonly number[]) => number

/** How many of each kind, and the least that any dimension has of it, in shares of what is needed; no more than its worth. */
export interface Choice {
  readonly counts: readonly number[]
  readonly plenty: number
}

/**
 * The choices of `count` HWMs that have `need` of every dimension, the most plentiful first, `most` at most. Undefined when there
 * were too many to look at all of them. `worth`: asked of each that has enough.
 */
export function choicesOf(
  kinds: readonly Kind[],
  count: number,
  need: Float64Array,
  most: number,
  worth?: Worth,
): Choice[] | undefined {
  const dims = need.length
  const asked = Array.from({ length: dims }, (_, d) => d).filter(d => need[d]! > 0)
  // The largest capacity per dimension, and the number of HWMs, of the kinds from k on.
  const last = new Float64Array(dims)
  const best = kinds.map(() => last)
  const left = new Int32Array(kinds.length + 1)
  for (let k = kinds.length - 1; k >= 0; k--) {
    for (let d = 0; d < dims; d++) last[d] = Math.max(last[d]!, kinds[k]!.capacity[d]!)
    best[k] = last.slice()
    left[k] = left[k + 1]! + kinds[k]!.members.length
  }
  const found: Choice[] = []
  const counts = kinds.map(() => 0)
  const held = new Float64Array(dims)
  let worst = 1 - 1e-9
  let nodes = 0
  const go = (k: number, open: number): void => {
    if (++nodes > MOST_NODES || open > left[k]!) return
    let plenty = Infinity
    for (const d of asked) {
      const could = held[d]! + (k < kinds.length ? open * best[k]![d]! : 0)
      plenty = Math.min(plenty, could / need[d]!)
    }
    if (plenty < worst) return
    if (k === kinds.length) {
      if (worth !== undefined) {
        nodes += WORTH_NODES
        plenty = Math.min(plenty, worth(counts))
      }
      if (plenty < worst) return
      found.push({ counts: counts.slice(), plenty })
      found.sort((a, b) => b.plenty - a.plenty)
      if (found.length > most) found.pop()
      if (found.length === most) worst = Math.max(worst, found[most - 1]!.plenty + 1e-12)
      return
    }
    const { members, capacity } = kinds[k]!
    for (let n = Math.min(open, members.length); n >= 0; n--) {
      counts[k] = n
      for (const d of asked) held[d]! += n * capacity[d]!
      go(k + 1, open - n)
      for (const d of asked) held[d]! -= n * capacity[d]!
    }
    counts[k] = 0
  }
  go(0, count)
  return nodes > MOST_NODES ? undefined : found
}

/**
 * The fewest HWMs, `from` at least, of which some choice has enough of every dimension and is of use; one more than there are when none has.
 * `need` tells what that is for a number of HWMs, and must not grow with it.
 */
export function fewestOfKinds(
  kinds: readonly Kind[],
  from: number,
  need: (count: number) => Float64Array,
  worth?: Worth,
): number {
  const all = kinds.reduce((sum, { members }) => sum + members.length, 0)
  let count = from
  while (count <= all) {
    const choices = choicesOf(kinds, count, need(count), 1, worth)
    if (choices === undefined || choices.length > 0) return count
    count++
  }
  return all + 1
}
