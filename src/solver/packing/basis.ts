// The inverse of a simplex basis: sparse lower and upper factors (Markowitz 1957; Suhl and Suhl 1990), and for each exchange of a column since
// then one elementary matrix (Dantzig and Orchard-Hays 1954). Bins hold few items, so columns are short, most pivots lie in the
// triangles that are peeled off first, and the factors have hardly more entries than the basis itself.

/** A sparse column: rows and their coefficients. */
export interface Sparse {
  readonly rows: ArrayLike<number>
  readonly counts: ArrayLike<number>
}

/** In place of a column's number, while factors are made: nobody's yet. */
const FREE = -1
/** Entries below this are rounding. */
const TINY = 1e-12
/** A pivot may be smaller than the largest entry of its column by this factor, where that keeps the factors sparse. */
const THRESHOLD = 0.1

/** Sparse vectors one after the other, each with the row it belongs to. */
class Vectors {
  readonly pivotRow: number[] = []
  readonly start: number[] = [0]
  rows = new Int32Array(1 << 13)
  values = new Float64Array(1 << 13)
  #at = 0

  get entries(): number {
    return this.#at
  }

  clear(): void {
    this.pivotRow.length = 0
    this.start.length = 1
    this.#at = 0
  }

  push(row: number, value: number): void {
    if (this.#at === this.rows.length) {
      const rows = new Int32Array(this.#at * 2)
      const values = new Float64Array(this.#at * 2)
      rows.set(this.rows)
      values.set(this.values)
      this.rows = rows
      this.values = values
    }
    this.rows[this.#at] = row
    this.values[this.#at++] = value
  }

  /** What was pushed since the last is the vector of this row. */
  end(pivotRow: number): void {
    this.pivotRow.push(pivotRow)
    this.start.push(this.#at)
  }
}

export class Basis {
  readonly #size: number
  /** Lower factor, in order of elimination: multipliers of the pivot row. Vectors without entries are left out. */
  readonly #lower = new Vectors()
  /** Upper factor by columns, in order of elimination: entries in rows that had their pivot before. */
  readonly #upper = new Vectors()
  /** Pivot of each column of the upper factor. */
  readonly #pivot: Float64Array
  /** Exchanges since: elementary matrices; the pivot's own entry is one of the entries. */
  readonly #changes = new Vectors()

  constructor(size: number) {
    this.#size = size
    this.#pivot = new Float64Array(size).fill(1)
    for (let r = 0; r < size; r++) this.#upper.end(r)
  }

  /** The work of one pass. */
  get entries(): number {
    return this.#lower.entries + this.#upper.entries + this.#changes.entries
  }

  /** Exchanges have more entries than the factors by so much that it pays to make these anew. */
  get isLong(): boolean {
    return this.#changes.entries > 3 * (this.#lower.entries + this.#upper.entries) + 4 * this.#size
  }

  /** v := B^-1 v. */
  solve(v: Float64Array): void {
    this.#solveLower(v)
    const upper = this.#upper
    for (let k = this.#size - 1; k >= 0; k--) {
      const p = upper.pivotRow[k]!
      if (v[p] === 0) continue
      const x = (v[p] = v[p]! / this.#pivot[k]!)
      const end = upper.start[k + 1]!
      for (let n = upper.start[k]!; n < end; n++) v[upper.rows[n]!]! -= upper.values[n]! * x
    }
    const { pivotRow, start, rows, values } = this.#changes
    for (let k = 0; k < pivotRow.length; k++) {
      const p = pivotRow[k]!
      const x = v[p]!
      if (x === 0) continue
      v[p] = 0
      const end = start[k + 1]!
      for (let n = start[k]!; n < end; n++) v[rows[n]!]! += values[n]! * x
    }
  }

  #solveLower(v: Float64Array): void {
    const { pivotRow, start, rows, values } = this.#lower
    for (let k = 0; k < pivotRow.length; k++) {
      const x = v[pivotRow[k]!]!
      if (x === 0) continue
      const end = start[k + 1]!
      for (let n = start[k]!; n < end; n++) v[rows[n]!]! -= values[n]! * x
    }
  }

  /** y := y B^-1. */
  solveRow(y: Float64Array): void {
    const changes = this.#changes
    for (let k = changes.pivotRow.length - 1; k >= 0; k--) {
      const end = changes.start[k + 1]!
      let sum = 0
      for (let n = changes.start[k]!; n < end; n++) sum += y[changes.rows[n]!]! * changes.values[n]!
      y[changes.pivotRow[k]!] = sum
    }
    const upper = this.#upper
    for (let k = 0; k < this.#size; k++) {
      const p = upper.pivotRow[k]!
      let sum = y[p]!
      const end = upper.start[k + 1]!
      for (let n = upper.start[k]!; n < end; n++) sum -= y[upper.rows[n]!]! * upper.values[n]!
      y[p] = sum / this.#pivot[k]!
    }
    const { pivotRow, start, rows, values } = this.#lower
    for (let k = pivotRow.length - 1; k >= 0; k--) {
      const end = start[k + 1]!
      let sum = 0
      for (let n = start[k]!; n < end; n++) sum += y[rows[n]!]! * values[n]!
      y[pivotRow[k]!]! -= sum
    }
  }

  /** The column that is `direction` in today's basis takes the place of the one in `row`. */
  replace(row: number, direction: Float64Array): void {
    const pivot = direction[row]!
    for (let r = 0; r < this.#size; r++) {
      const x = direction[r]!
      if (r !== row && Math.abs(x) >= TINY) this.#changes.push(r, -x / pivot)
    }
    this.#changes.push(row, 1 / pivot)
    this.#changes.end(row)
  }

  /**
   * Makes the factors anew for these columns, as many as rows. Answers the column in place of each row, or undefined when they
   * are dependent.
   */
  rebuild(columns: readonly Sparse[]): Int32Array | undefined {
    this.#lower.clear()
    this.#upper.clear()
    this.#changes.clear()
    const size = this.#size
    const { peeled, nucleus } = triangles(size, columns)
    const columnOf = new Int32Array(size).fill(FREE)
    // In a triangle nothing is eliminated: what is above is the upper factor's, what is below the lower one's.
    for (const [c, row] of peeled) {
      const { rows, counts } = columns[c]!
      let pivot = 0
      for (let k = 0; k < rows.length; k++) if (rows[k] === row) pivot = counts[k]!
      if (Math.abs(pivot) < 1e-10) return undefined
      let below = 0
      for (let k = 0; k < rows.length; k++) {
        const r = rows[k]!
        if (r === row) continue
        if (columnOf[r] === FREE) {
          this.#lower.push(r, counts[k]! / pivot)
          below++
        } else this.#upper.push(r, counts[k]!)
      }
      if (below > 0) this.#lower.end(row)
      this.#take(c, row, pivot, columnOf)
    }
    const rowCount = new Int32Array(size)
    for (const c of nucleus)
      for (let k = 0; k < columns[c]!.rows.length; k++) rowCount[columns[c]!.rows[k]!]!++
    const v = new Float64Array(size)
    const isTouched = new Uint8Array(size)
    const touched = new Int32Array(size)
    for (const c of nucleus) {
      const count = this.#eliminated(columns[c]!, v, touched, isTouched)
      let most = 0
      for (let n = 0; n < count; n++)
        if (columnOf[touched[n]!] === FREE) most = Math.max(most, Math.abs(v[touched[n]!]!))
      if (most < 1e-9) return undefined
      let row = -1
      for (let n = 0; n < count; n++) {
        const r = touched[n]!
        if (columnOf[r] !== FREE || Math.abs(v[r]!) < THRESHOLD * most) continue
        if (row < 0 || rowCount[r]! < rowCount[row]!) row = r
      }
      const pivot = v[row]!
      let below = 0
      for (let n = 0; n < count; n++) {
        const r = touched[n]!
        const x = v[r]!
        v[r] = 0
        isTouched[r] = 0
        if (r === row || Math.abs(x) < TINY) continue
        if (columnOf[r] === FREE) {
          this.#lower.push(r, x / pivot)
          below++
        } else this.#upper.push(r, x)
      }
      if (below > 0) this.#lower.end(row)
      this.#take(c, row, pivot, columnOf)
    }
    return columnOf
  }

  /** v := L^-1 of the column; the rows that are not 0, or were not, are put into `touched`. Answers their number. */
  #eliminated(column: Sparse, v: Float64Array, touched: Int32Array, isTouched: Uint8Array): number {
    let count = 0
    for (let k = 0; k < column.rows.length; k++) {
      const r = column.rows[k]!
      v[r] = column.counts[k]!
      isTouched[r] = 1
      touched[count++] = r
    }
    const { pivotRow, start, rows, values } = this.#lower
    for (let k = 0; k < pivotRow.length; k++) {
      const x = v[pivotRow[k]!]!
      if (x === 0) continue
      const end = start[k + 1]!
      for (let n = start[k]!; n < end; n++) {
        const r = rows[n]!
        v[r]! -= values[n]! * x
        if (isTouched[r] === 1) continue
        isTouched[r] = 1
        touched[count++] = r
      }
    }
    return count
  }

  #take(column: number, row: number, pivot: number, columnOf: Int32Array): void {
    this.#pivot[this.#upper.pivotRow.length] = pivot
    this.#upper.end(row)
    columnOf[row] = column
  }
}

type Pivot = readonly [column: number, row: number]

/**
 * Peels what is triangular: columns with one row left and rows with one column left, in the order in which neither fills the other.
 * What remains is the nucleus, shortest columns first.
 */
function triangles(
  size: number,
  columns: readonly Sparse[],
): { peeled: Pivot[]; nucleus: number[] } {
  // Columns of each row, one row after the other.
  const rowLeft = new Int32Array(size)
  const columnLeft = new Int32Array(size)
  for (let c = 0; c < size; c++) {
    const mine = columns[c]!.rows
    columnLeft[c] = mine.length
    for (let k = 0; k < mine.length; k++) rowLeft[mine[k]!]!++
  }
  const from = new Int32Array(size + 1)
  for (let r = 0; r < size; r++) from[r + 1] = from[r]! + rowLeft[r]!
  const inRow = new Int32Array(from[size]!)
  const filled = from.slice()
  for (let c = 0; c < size; c++) {
    const mine = columns[c]!.rows
    for (let k = 0; k < mine.length; k++) inRow[filled[mine[k]!]!++] = c
  }
  const rowGone = new Uint8Array(size)
  const columnGone = new Uint8Array(size)
  const peeled: Pivot[] = []
  const rows: number[] = []
  const singles: number[] = []
  for (let k = 0; k < size; k++) {
    if (rowLeft[k] === 1) rows.push(k)
    if (columnLeft[k] === 1) singles.push(k)
  }
  const remove = (c: number, row: number): void => {
    peeled.push([c, row])
    columnGone[c] = 1
    rowGone[row] = 1
    for (let k = 0; k < columns[c]!.rows.length; k++) {
      const r = columns[c]!.rows[k]!
      if (!rowGone[r] && --rowLeft[r]! === 1) rows.push(r)
    }
    for (let n = from[row]!; n < from[row + 1]!; n++) {
      const other = inRow[n]!
      if (columnGone[other] === 0 && --columnLeft[other]! === 1) singles.push(other)
    }
  }
  while (rows.length > 0 || singles.length > 0) {
    const c = singles.pop()
    if (c !== undefined) {
      if (columnGone[c]) continue
      const mine = columns[c]!.rows
      let row = -1
      for (let k = 0; k < mine.length; k++) if (!rowGone[mine[k]!]) row = mine[k]!
      if (row >= 0) remove(c, row)
      continue
    }
    const row = rows.pop()!
    if (rowGone[row]) continue
    for (let n = from[row]!; n < from[row + 1]!; n++)
      if (columnGone[inRow[n]!] === 0) {
        remove(inRow[n]!, row)
        break
      }
  }
  const nucleus = columns
    .map((_, c) => c)
    .filter(c => !columnGone[c])
    .sort((a, b) => columnLeft[a]! - columnLeft[b]! || a - b)
  return { peeled, nucleus }
}
