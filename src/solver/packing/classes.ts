// Equal items of a packing with equal bins are one class: column generation has a row for each class, not for each item.
import type { Packing } from './packing.ts'

/** Classes of equal items and the one bin all bins are like. Amounts are shares of the bin, for comparing; fits are exact. */
export interface Classes {
  readonly count: number
  readonly dims: number
  /** class * dims + dim, and the bin's capacity. Dimensions that nobody can fill are left out. */
  readonly size: Float64Array
  readonly capacity: Float64Array
  /** Items of each class. */
  readonly demand: Int32Array
  readonly itemsOf: readonly (readonly number[])[]
}

/** For packings whose open bins are all alike (`isUniform`) and whose items each fit into one. */
export function classesOf(packing: Packing): Classes {
  const { items, size } = packing
  const open = packing.rows[0]!.indexOf(1)
  const capacity = packing.capacity.slice(open * packing.dims, (open + 1) * packing.dims)
  const limited: number[] = []
  for (let d = 0; d < packing.dims; d++) {
    let sum = 0
    for (let i = 0; i < items; i++) sum += size[i * packing.dims + d]!
    if (sum > capacity[d]!) limited.push(d)
  }
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
    capacity: Float64Array.from(limited, d => capacity[d]!),
    demand: Int32Array.from(itemsOf, members => members.length),
    itemsOf,
  }
}
