// What differs between two texts, line by line: the shortest edit (Myers), with a bound on the work.

export interface DiffLine {
  readonly sign: ' ' | '+' | '-'
  readonly text: string
}

/** Edits beyond this are not searched for: the texts are then simply one after the other. */
const EDITS_SOUGHT = 1_000

/** The lines of both texts in one order: common, removed from `before`, added in `after`. */
export function diffLines(before: readonly string[], after: readonly string[]): DiffLine[] {
  let head = 0
  while (head < before.length && head < after.length && before[head] === after[head]) head++
  let tail = 0
  while (
    tail < before.length - head &&
    tail < after.length - head &&
    before[before.length - 1 - tail] === after[after.length - 1 - tail]
  ) {
    tail++
  }
  const same = (text: string): DiffLine => ({ sign: ' ', text })
  return [
    ...before.slice(0, head).map(same),
    ...middle(before.slice(head, before.length - tail), after.slice(head, after.length - tail)),
    ...before.slice(before.length - tail).map(same),
  ]
}

function middle(a: readonly string[], b: readonly string[]): DiffLine[] {
  const trace = shortestEdit(a, b)
  if (!trace) {
    return [
      ...a.map(text => ({ sign: '-', text }) as const),
      ...b.map(text => ({ sign: '+', text }) as const),
    ]
  }
  const lines: DiffLine[] = []
  let x = a.length
  let y = b.length
  for (let edits = trace.length - 1; edits >= 0; edits--) {
    const reach = trace[edits]
    const k = x - y
    const isAdded = k === -edits || (k !== edits && at(reach, k - 1) < at(reach, k + 1))
    const fromX = at(reach, isAdded ? k + 1 : k - 1)
    const fromY = fromX - (isAdded ? k + 1 : k - 1)
    while (x > fromX && y > fromY) {
      x--
      y--
      lines.push({ sign: ' ', text: a[x] ?? '' })
    }
    if (edits === 0) break
    lines.push(isAdded ? { sign: '+', text: b[fromY] ?? '' } : { sign: '-', text: a[fromX] ?? '' })
    x = fromX
    y = fromY
  }
  return lines.reverse()
}

/** How far each diagonal reaches with 0, 1, 2 ... edits; undefined when there are too many. Each entry is from before its edits. */
function shortestEdit(
  a: readonly string[],
  b: readonly string[],
): ReadonlyMap<number, number>[] | undefined {
  const trace: Map<number, number>[] = []
  let reach = new Map<number, number>([[1, 0]])
  for (let edits = 0; edits <= Math.min(EDITS_SOUGHT, a.length + b.length); edits++) {
    trace.push(new Map(reach))
    const next = new Map(reach)
    for (let k = -edits; k <= edits; k += 2) {
      const down = k === -edits || (k !== edits && at(reach, k - 1) < at(reach, k + 1))
      let x = down ? at(reach, k + 1) : at(reach, k - 1) + 1
      let y = x - k
      while (x < a.length && y < b.length && a[x] === b[y]) {
        x++
        y++
      }
      next.set(k, x)
      if (x >= a.length && y >= b.length) return trace
    }
    reach = next
  }
  return undefined
}

function at(reach: ReadonlyMap<number, number> | undefined, k: number): number {
  return reach?.get(k) ?? -1
}

/** Only what differs, with `context` lines around it; what is left out is one line that says how much. */
export function withContext(lines: readonly DiffLine[], context: number): (DiffLine | number)[] {
  const near = new Uint8Array(lines.length)
  for (const [index, line] of lines.entries()) {
    if (line.sign === ' ') continue
    near.fill(1, Math.max(0, index - context), Math.min(lines.length, index + context + 1))
  }
  const shown: (DiffLine | number)[] = []
  let skipped = 0
  for (const [index, line] of lines.entries()) {
    if (near[index] === 1) {
      if (skipped > 0) shown.push(skipped)
      skipped = 0
      shown.push(line)
    } else skipped++
  }
  if (skipped > 0) shown.push(skipped)
  return shown
}
