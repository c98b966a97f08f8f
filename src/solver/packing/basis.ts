// The inverse of a simplex basis as a product of elementary matrices (Dantzig and Orchard-Hays 1954). Bins hold few items, so columns
// are short; pivoting on single entries first keeps the product nearly as sparse as the basis itself.

/** A sparse column: rows and their coefficients. */
export interface Sparse {
  readonly rows: ArrayLike<number>
  readonly counts: ArrayLike<number>
}

/** In place of a column's number, while a product is made: nobody's yet, and kept for one of the last. */
const FREE = -1
const KEPT = -2
/** Entries below this are rounding. */
const TINY = 1e-12

export class Basis {
  readonly #size: number
  /** Elementary matrix k: pivot row, and entries from start[k] to start[k + 1]; the pivot's own entry is one of them. */
  readonly #pivotRow: number[] = []
  readonly #start: number[] = [0]
  #rows = new Int32Array(1 << 14)
  #values = new Float64Array(1 << 14)

  constructor(size: number) {
    this.#size = size
  }

  /** Elementary matrices so far: the product is worth making anew when there are many. */
  get length(): number {
    return this.#pivotRow.length
  }

  /** Their entries: the work of one pass. */
  get entries(): number {
    return this.#start[this.#pivotRow.length]!
  }

  /** v := B^-1 v. */
  solve(v: Float64Array): void {
    const rows = this.#rows
    const values = this.#values
    for (let k = 0; k < this.#pivotRow.length; k++) {
      const p = this.#pivotRow[k]!
      const x = v[p]!
      if (x === 0) continue
      v[p] = 0
      const end = this.#start[k + 1]!
      for (let n = this.#start[k]!; n < end; n++) v[rows[n]!]! += values[n]! * x
    }
  }

  /** y := y B^-1. */
  solveRow(y: Float64Array): void {
    const rows = this.#rows
    const values = this.#values
    for (let k = this.#pivotRow.length - 1; k >= 0; k--) {
      const end = this.#start[k + 1]!
      let sum = 0
      for (let n = this.#start[k]!; n < end; n++) sum += y[rows[n]!]! * values[n]!
      y[this.#pivotRow[k]!] = sum
    }
  }

  /** The column that is `direction` in today's basis takes the place of the one in `row`. */
  replace(row: number, direction: Float64Array): void {
    const pivot = direction[row]!
    let at = this.entries
    if (at + this.#size > this.#rows.length) this.#grow(at + this.#size)
    for (let r = 0; r < this.#size; r++) {
      const x = direction[r]!
      if (r === row || Math.abs(x) < TINY) continue
      this.#rows[at] = r
      this.#values[at++] = -x / pivot
    }
    this.#rows[at] = row
    this.#values[at++] = 1 / pivot
    this.#pivotRow.push(row)
    this.#start.push(at)
  }

  #grow(needed: number): void {
    const rows = new Int32Array(needed * 2)
    const values = new Float64Array(needed * 2)
    rows.set(this.#rows)
    values.set(this.#values)
    this.#rows = rows
    this.#values = values
  }

  /**
   * Makes the product anew for these columns, as many as rows. Answers the column in place of each row, or undefined when they
   * are dependent.
   */
  rebuild(columns: readonly Sparse[]): Int32Array | undefined {
    this.#pivotRow.length = 0
    this.#start.length = 1
    const size = this.#size
    const { first, nucleus, last } = triangles(size, columns)
    const columnOf = new Int32Array(size).fill(FREE)
    // Rows that columns of the end will take: nobody of the nucleus may.
    for (const [, row] of last) columnOf[row] = KEPT
    const v = new Float64Array(size)
    const pivotAt = (c: number, wanted: number, rowCount: Int32Array | undefined): boolean => {
      v.fill(0)
      const { rows, counts } = columns[c]!
      for (let k = 0; k < rows.length; k++) v[rows[k]!] = counts[k]!
      this.solve(v)
      let row = wanted
      if (rowCount !== undefined) {
        let most = 0
        for (let r = 0; r < size; r++)
          if (columnOf[r] === FREE) most = Math.max(most, Math.abs(v[r]!))
        for (let r = 0; r < size; r++) {
          if (columnOf[r] !== FREE || Math.abs(v[r]!) < 0.1 * most || most < 1e-9) continue
          if (row < 0 || rowCount[r]! < rowCount[row]!) row = r
        }
      }
      if (row < 0 || Math.abs(v[row]!) < 1e-10) return false
      columnOf[row] = c
      this.replace(row, v)
      return true
    }
    const rowCount = new Int32Array(size)
    for (const c of nucleus)
      for (let k = 0; k < columns[c]!.rows.length; k++) rowCount[columns[c]!.rows[k]!]!++
    for (const [c, row] of first) if (!pivotAt(c, row, undefined)) return undefined
    for (const c of nucleus) if (!pivotAt(c, -1, rowCount)) return undefined
    for (const [c, row] of last) if (!pivotAt(c, row, undefined)) return undefined
    return columnOf
  }
}

type Pivot = readonly [column: number, row: number]

/**
 * Peels what is triangular: rows with one column left go first, columns with one row left go last, in the order in which neither
 * fills the other. What remains is the nucleus, shortest columns first.
 */
function triangles(
  size: number,
  columns: readonly Sparse[],
): { first: Pivot[]; nucleus: number[]; last: Pivot[] } {
  const inRow: number[][] = Array.from({ length: size }, () => [])
  columns.forEach(({ rows }, c) => {
    for (let k = 0; k < rows.length; k++) inRow[rows[k]!]!.push(c)
  })
  const rowLeft = Int32Array.from(inRow, list => list.length)
  const columnLeft = Int32Array.from(columns, column => column.rows.length)
  const rowGone = new Uint8Array(size)
  const columnGone = new Uint8Array(size)
  const first: Pivot[] = []
  const last: Pivot[] = []
  const rows: number[] = []
  const singles: number[] = []
  for (let k = 0; k < size; k++) {
    if (rowLeft[k] === 1) rows.push(k)
    if (columnLeft[k] === 1) singles.push(k)
  }
  const remove = (c: number, row: number): void => {
    columnGone[c] = 1
    rowGone[row] = 1
    for (let k = 0; k < columns[c]!.rows.length; k++) {
      const r = columns[c]!.rows[k]!
      if (!rowGone[r] && --rowLeft[r]! === 1) rows.push(r)
    }
    for (const other of inRow[row]!)
      if (!columnGone[other] && --columnLeft[other]! === 1) singles.push(other)
  }
  while (rows.length > 0 || singles.length > 0) {
    const row = rows.pop()
    if (row !== undefined) {
      const c = rowGone[row] ? undefined : inRow[row]!.find(column => !columnGone[column])
      if (c === undefined) continue
      first.push([c, row])
      remove(c, row)
      continue
    }
    const c = singles.pop()!
    if (columnGone[c]) continue
    const mine = Array.from(columns[c]!.rows).find(r => !rowGone[r])
    if (mine === undefined) continue
    last.push([c, mine])
    remove(c, mine)
  }
  const nucleus = columns
    .map((_, c) => c)
    .filter(c => !columnGone[c])
    .sort((a, b) => columnLeft[a]! - columnLeft[b]! || a - b)
  return { first, nucleus, last: last.reverse() }
}
