// Reads .vbp (vector bin packing): dimensions, capacities, number of lines, then per line its sizes and how many of it.

/** Items are counted one by one: a line with a demand of 3 is three items, next to each other. */
export interface VbpInstance {
  readonly capacity: Float64Array
  /** item * dims + dim. */
  readonly sizes: Float64Array
  readonly items: number
}

/** Thrown for text that is no .vbp; says what was expected where. */
export class NotVbp extends Error {
  readonly line: number
  constructor(line: number, expected: string) {
    super(`Not a .vbp file: line ${line} should be ${expected}.`)
    this.name = 'NotVbp'
    this.line = line
  }
}

/** Decimal sizes are scaled to whole numbers, so that sums are exact. */
export function readVbp(text: string): VbpInstance {
  const lines = text.split('\n').map((line, n) => ({
    n: n + 1,
    words: line
      .trim()
      .split(/\s+/)
      .filter(word => word !== ''),
  }))
  const full = lines.filter(line => line.words.length > 0)
  const places = Math.max(
    0,
    ...full.flatMap(line => line.words.map(word => word.split('.')[1]?.length ?? 0)),
  )
  const scale = 10 ** Math.min(places, 9)
  const numbers = (index: number, count: number, expected: string): number[] => {
    const line = full[index]
    const values = line?.words.map(Number) ?? []
    if (
      line === undefined ||
      values.length !== count ||
      values.some(value => !(value >= 0) || !Number.isFinite(value))
    ) {
      throw new NotVbp(line?.n ?? lines.length, expected)
    }
    return values
  }
  const [dims] = numbers(0, 1, 'the number of dimensions') as [number]
  if (!Number.isInteger(dims) || dims < 1)
    throw new NotVbp(full[0]!.n, 'the number of dimensions, 1 or more')
  const capacity = Float64Array.from(numbers(1, dims, `${dims} capacities`), c =>
    Math.round(c * scale),
  )
  const [count] = numbers(2, 1, 'the number of item lines') as [number]
  if (!Number.isInteger(count)) throw new NotVbp(full[2]!.n, 'the number of item lines')
  const sizes: number[] = []
  for (let i = 0; i < count; i++) {
    const words = full[3 + i]?.words.length
    const values = numbers(
      3 + i,
      words === dims ? dims : dims + 1,
      `${dims} sizes and how many of the item there are`,
    )
    const copies = values[dims] ?? 1
    if (!Number.isInteger(copies))
      throw new NotVbp(full[3 + i]!.n, 'an item with a whole number of copies')
    for (let c = 0; c < copies; c++)
      for (let d = 0; d < dims; d++) sizes.push(Math.round(values[d]! * scale))
  }
  return { capacity, sizes: Float64Array.from(sizes), items: sizes.length / dims }
}
