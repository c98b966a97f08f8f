// Names in an order and through a filter, kept up to date name by name: what did not change is neither compared nor moved.

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
  rankOf(item: T): Rank
  readonly reverse: boolean
  readonly shows: (item: T) => boolean
}

/** Above this many changes at once, sorting all is cheaper than moving each. */
const SORT_ALL_ABOVE = 256

export class SortedList<T> {
  #entries: Entry[] = []
  #byName = new Map<string, Entry>()
  #names: readonly string[] | undefined
  #ordering: Ordering<T>
  /** Items there are, shown or not. */
  #total = 0

  constructor(ordering: Ordering<T>) {
    this.#ordering = ordering
  }

  /** Names in order. The array stays the same as long as nothing moved. */
  get names(): readonly string[] {
    this.#names ??= this.#entries.map(entry => entry.name)
    return this.#names
  }

  get total(): number {
    return this.#total
  }

  /** Place of a name, or -1 when it is not shown. */
  indexOf(name: string): number {
    const entry = this.#byName.get(name)
    return entry ? this.#place(entry) : -1
  }

  /** Takes all items anew, in the ordering given. */
  reset(ordering: Ordering<T>, items: Iterable<readonly [string, T]>): void {
    this.#ordering = ordering
    this.#entries = []
    this.#byName = new Map()
    this.#total = 0
    for (const [name, item] of items) {
      this.#total++
      if (!ordering.shows(item)) continue
      const entry = { name, ...ordering.rankOf(item) }
      this.#entries.push(entry)
      this.#byName.set(name, entry)
    }
    this.#sort()
  }

  /** Looks again at the names given. `item` returns undefined for what is gone. */
  update(names: readonly string[], total: number, item: (name: string) => T | undefined): void {
    this.#total = total
    const changed: { name: string; next: Entry | undefined }[] = []
    for (const name of names) {
      const now = item(name)
      const next =
        now !== undefined && this.#ordering.shows(now)
          ? { name, ...this.#ordering.rankOf(now) }
          : undefined
      const before = this.#byName.get(name)
      if (before && next && before.rank === next.rank && before.text === next.text) continue
      if (before || next) changed.push({ name, next })
    }
    if (changed.length === 0) return
    if (changed.length > SORT_ALL_ABOVE) {
      for (const { name, next } of changed) {
        if (next) this.#byName.set(name, next)
        else this.#byName.delete(name)
      }
      this.#entries = [...this.#byName.values()]
      this.#sort()
      return
    }
    for (const { name, next } of changed) {
      const before = this.#byName.get(name)
      if (before) this.#entries.splice(this.#place(before), 1)
      if (next) {
        this.#entries.splice(this.#place(next), 0, next)
        this.#byName.set(name, next)
      } else this.#byName.delete(name)
    }
    this.#names = undefined
  }

  #sort(): void {
    this.#entries.sort((a, b) => this.#compare(a, b))
    this.#names = undefined
  }

  /** Where an entry is, or belongs. */
  #place(entry: Entry): number {
    let low = 0
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const other = this.#entries[middle]
      if (other !== undefined && this.#compare(other, entry) < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  #compare(a: Entry, b: Entry): number {
    const order =
      a.rank !== b.rank
        ? a.rank - b.rank
        : a.text < b.text
          ? -1
          : a.text > b.text
            ? 1
            : a.name < b.name
              ? -1
              : a.name > b.name
                ? 1
                : 0
    return this.#ordering.reverse ? -order : order
  }
}
