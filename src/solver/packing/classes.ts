// Equal items of a packing are one class, equal bins one kind: column generation has a row for each class, not for each item, and asks
// for the dearest bin of each kind, not of each bin.
import { kindsOf } from '../bounds/kinds.ts'
import type { Packing } from './packing.ts'

/** Bins of equal capacity. */
export interface BinKind {
  readonly bins: readonly number[]
  readonly capacity: Float64Array
}

/** Classes of equal items, and the kinds of bins. */
export interface Classes {
  readonly count: number
  readonly dims: number
  /** class * dims + dim. Dimensions that nobody can fill are left out, in capacities too. */
  readonly size: Float64Array
  readonly kinds: readonly BinKind[]
  /** Number of the kind of each bin; -1: closed. */
  readonly kindOf: Int32Array
  /** Items of each class. */
  readonly demand: Int32Array
  readonly itemsOf: readonly (readonly number[])[]
}

/** What a plan has left: of each class, and of each kind of bin. */
export interface Left {
  readonly demand: Int32Array
  readonly bins: Int32Array
}

/** All of it. */
export function allOf({ demand, kinds }: Classes): Left {
  return { demand, bins: Int32Array.from(kinds, ({ bins }) => bins.length) }
}

/** For packings in which any item may go to any open bin with room for it (`isFree`). */
export function classesOf(packing: Packing): Classes {
  const { items, size, dims: all } = packing
  const open: number[] = []
  packing.rows[0]!.forEach((isOpen, b) => {
    if (isOpen === 1) open.push(b)
  })
  const whole = kindsOf(packing.capacity, all, open)
  const limited: number[] = []
  for (let d = 0; d < all; d++) {
    let sum = 0
    for (let i = 0; i < items; i++) sum += size[i * all + d]!
    if (whole.some(({ capacity }) => sum > capacity[d]!)) limited.push(d)
  }
  const kinds = whole.map(({ members, capacity }) => ({
    bins: members,
    capacity: Float64Array.from(limited, d => capacity[d]!),
  }))
  const kindOf = new Int32Array(packing.bins).fill(-1)
  kinds.forEach(({ bins }, k) => {
    for (const b of bins) kindOf[b] = k
  })
  const numbers = new Map<string, number>()
  const itemsOf: number[][] = []
  for (let i = 0; i < items; i++) {
    const key = limited.map(d => size[i * packing.dims + d]).join()
    let c = numbers.get(key)
    if (c === undefined) {
      c = itemsOf.push([]) - 1
      numbers.set(key, c)
    }
    itemsOf[c]!.push(i)
  }
  const dims = limited.length
  const sizes = new Float64Array(itemsOf.length * dims)
  itemsOf.forEach((members, c) => {
    for (let d = 0; d < dims; d++)
      sizes[c * dims + d] = size[members[0]! * packing.dims + limited[d]!]!
  })
  return {
    count: itemsOf.length,
    dims,
    size: sizes,
    kinds,
    kindOf,
    demand: Int32Array.from(itemsOf, members => members.length),
    itemsOf,
  }
}
