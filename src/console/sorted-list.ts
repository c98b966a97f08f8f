// Names in an order and through a filter, kept up to date name by name: what did not change is neither compared nor moved, and a
// new filter does not sort again.

/** What an entry is sorted by: the number first, then the text, then the name. */
export interface Rank {
  readonly rank: number
  readonly text: string
}

interface Entry extends Rank {
  readonly name: string
}

/** How a list is ordered and what of it is shown. */
export interface Ordering<T> {
  readonly rankOf: (item: T) => Rank
  readonly reverse: boolean
  readonly shows: (item: T) => boolean
}

/** Above this many changes at once, sorting all is cheaper than moving each. */
const SORT_ALL_ABOVE = 256

export class SortedList<T> {
  /** All items, and those of them that are shown, both in order. */
  #all: Entry[] = []
  #shown: Entry[] = []
  #byName = new Map<string, Entry>()
  #isShown = new Set<string>()
  #names: readonly string[] | undefined
  #ordering: Ordering<T>

  constructor(ordering: Ordering<T>) {
    this.#ordering = ordering
  }

  /** Names that are shown, in order. The array stays the same as long as nothing moved. */
  get names(): readonly string[] {
    this.#names ??= this.#shown.map(entry => entry.name)
    return this.#names
  }

  /** Items there are, shown or not. */
  get total(): number {
    return this.#all.length
  }

  /** Place of a name, or -1 when it is not shown. */
  indexOf(name: string): number {
    const entry = this.#isShown.has(name) ? this.#byName.get(name) : undefined
    return entry ? placeOf(this.#shown, entry, this.#ordering.reverse) : -1
  }

  /** Takes all items anew, in the ordering given. */
  reset(ordering: Ordering<T>, items: Iterable<readonly [string, T]>): void {
    this.#ordering = ordering
    this.#all = []
    this.#byName = new Map()
    this.#isShown = new Set()
    for (const [name, item] of items) {
      const { rank, text } = ordering.rankOf(item)
      const entry: Entry = { name, rank, text }
      this.#all.push(entry)
      this.#byName.set(name, entry)
      if (ordering.shows(item)) this.#isShown.add(name)
    }
    this.#sortAll()
  }

  /** Another filter on the same order. */
  refilter(shows: (item: T) => boolean, item: (name: string) => T | undefined): void {
    this.#ordering = { ...this.#ordering, shows }
    this.#isShown = new Set()
    for (const { name } of this.#all) {
      const each = item(name)
      if (each !== undefined && shows(each)) this.#isShown.add(name)
    }
    this.#pickShown()
  }

  /** Looks again at the names given. `item` returns undefined for what is gone. */
  update(names: readonly string[], item: (name: string) => T | undefined): void {
    const changed: { name: string; next: Entry | undefined; isShown: boolean }[] = []
    for (const name of names) {
      const now = item(name)
      const before = this.#byName.get(name)
      if (now === undefined) {
        if (before) changed.push({ name, next: undefined, isShown: false })
        continue
      }
      const { rank, text } = this.#ordering.rankOf(now)
      const isShown = this.#ordering.shows(now)
      const isSame = before?.rank === rank && before.text === text
      if (isSame && isShown === this.#isShown.has(name)) continue
      changed.push({ name, next: isSame ? before : { name, rank, text }, isShown })
    }
    if (changed.length === 0) return
    if (changed.length > SORT_ALL_ABOVE) {
      for (const { name, next, isShown } of changed) {
        if (next) this.#byName.set(name, next)
        else this.#byName.delete(name)
        if (isShown) this.#isShown.add(name)
        else this.#isShown.delete(name)
      }
      this.#all = [...this.#byName.values()]
      this.#sortAll()
      return
    }
    for (const change of changed) this.#move(change.name, change.next, change.isShown)
    this.#names = undefined
  }

  #move(name: string, next: Entry | undefined, isShown: boolean): void {
    const { reverse } = this.#ordering
    const before = this.#byName.get(name)
    if (before && before !== next) this.#all.splice(placeOf(this.#all, before, reverse), 1)
    if (before && this.#isShown.has(name)) {
      this.#shown.splice(placeOf(this.#shown, before, reverse), 1)
    }
    this.#isShown.delete(name)
    if (!next) {
      this.#byName.delete(name)
      return
    }
    if (next !== before) this.#all.splice(placeOf(this.#all, next, reverse), 0, next)
    this.#byName.set(name, next)
    if (!isShown) return
    this.#shown.splice(placeOf(this.#shown, next, reverse), 0, next)
    this.#isShown.add(name)
  }

  #sortAll(): void {
    const compare = this.#ordering.reverse ? backwards : forwards
    this.#all.sort(compare)
    this.#pickShown()
  }

  #pickShown(): void {
    this.#shown =
      this.#isShown.size === this.#all.length
        ? this.#all.slice()
        : this.#all.filter(entry => this.#isShown.has(entry.name))
    this.#names = undefined
  }
}

/** Where an entry is, or belongs. */
function placeOf(entries: readonly Entry[], entry: Entry, reverse: boolean): number {
  const compare = reverse ? backwards : forwards
  let low = 0
  let high = entries.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const other = entries[middle]
    if (other !== undefined && compare(other, entry) < 0) low = middle + 1
    else high = middle
  }
  return low
}

function forwards(a: Entry, b: Entry): number {
  if (a.rank !== b.rank) return a.rank < b.rank ? -1 : 1
  if (a.text !== b.text) return a.text < b.text ? -1 : 1
  if (a.name !== b.name) return a.name < b.name ? -1 : 1
  return 0
}

function backwards(a: Entry, b: Entry): number {
  return forwards(b, a)
}
