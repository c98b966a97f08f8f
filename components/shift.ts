// Lines that only moved: a terminal scrolls them by itself, which costs a few bytes where writing them anew costs a screen.

/** New lines `from` to `to` stand on the terminal already, `by` lines further down (or up, when negative). */
interface Shift {
  readonly from: number
  readonly to: number
  readonly by: number
}

/** Fewer lines than this are as well written anew. */
const LINES_WORTH_MOVING = 2

/** The largest block of lines that only moved; undefined when none is worth it. */
export function findShift(
  shown: readonly string[],
  lines: readonly string[],
  rows: number,
): Shift | undefined {
  let changed = 0
  for (let row = 0; row < rows; row++) if ((shown[row] ?? '') !== (lines[row] ?? '')) changed++
  if (changed < LINES_WORTH_MOVING) return undefined
  let best: Shift | undefined
  let bestGain = LINES_WORTH_MOVING - 1
  for (let by = -Math.floor(rows / 2); by <= rows / 2; by++) {
    if (by === 0) continue
    let from = 0
    let gain = 0
    for (let row = 0; row <= rows; row++) {
      const text = lines[row]
      const hasMoved =
        row < rows &&
        row + by >= 0 &&
        row + by < rows &&
        text !== undefined &&
        shown[row + by] === text
      if (hasMoved) {
        if (text !== '' && (shown[row] ?? '') !== text) gain++
        continue
      }
      if (gain > bestGain) {
        best = { from, to: row - 1, by }
        bestGain = gain
      }
      from = row + 1
      gain = 0
    }
  }
  return best && withEdges(best, shown, lines, rows)
}

/** The line at an edge that moved along and changed a little, such as the one that was or is selected, belongs to the block. */
function withEdges(
  block: Shift,
  shown: readonly string[],
  lines: readonly string[],
  rows: number,
): Shift {
  let { from, to } = block
  const { by } = block
  const moved = (row: number) =>
    row >= 0 &&
    row < rows &&
    row + by >= 0 &&
    row + by < rows &&
    likeness(lines[row], shown[row + by]) > Math.max(0.5, likeness(lines[row], shown[row]))
  while (moved(from - 1)) from--
  while (moved(to + 1)) to++
  return { from, to, by }
}

/** How much of line `a` stands in `b` at the same distance from the end, where tables keep their columns: 0 to 1. */
function likeness(a = '', b = ''): number {
  let written = 0
  let same = 0
  for (let back = 1; back <= a.length; back++) {
    const character = a[a.length - back]
    if (character === ' ') continue
    written++
    if (character === b[b.length - back]) same++
  }
  return written === 0 ? 0 : same / written
}
