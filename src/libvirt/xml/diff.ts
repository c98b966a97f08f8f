// What differs between two XMLs of a domain, line by line of their canonical texts.
import { canonicalLines } from './canonical.ts'

export interface DiffLine {
  /** `same` lines are context; `gap` stands for lines left out and says how many. */
  readonly kind: 'same' | 'removed' | 'added' | 'gap'
  readonly text: string
}

/** More differences than this are shown as one block removed and one added: nobody reads them line by line. */
const EFFORT_LIMIT = 1_000

/**
 * The differences from `a` to `b` with `context` lines around each; empty when the two are the same domain (as `xmlHash` counts it). Throws
 * `DomainXmlError`.
 */
export function diffXml(a: string, b: string, context = 3): readonly DiffLine[] {
  const all = diffLines(canonicalLines(a), canonicalLines(b))
  const near = new Uint8Array(all.length)
  all.forEach((line, index) => {
    if (line.kind !== 'same')
      near.fill(1, Math.max(0, index - context), Math.min(all.length, index + context + 1))
  })
  if (!near.includes(1)) return []
  const shown: DiffLine[] = []
  let skipped = 0
  const closeGap = () => {
    if (skipped > 0) shown.push({ kind: 'gap', text: `${skipped} lines the same` })
    skipped = 0
  }
  all.forEach((line, index) => {
    if (near[index] === 0) {
      skipped += 1
      return
    }
    closeGap()
    shown.push(line)
  })
  closeGap()
  return shown
}

/** A shortest edit from `a` to `b` (Myers' greedy algorithm), removals before additions. */
export function diffLines(a: readonly string[], b: readonly string[]): DiffLine[] {
  let head = 0
  while (head < a.length && head < b.length && a[head] === b[head]) head++
  let tail = 0
  while (
    tail < a.length - head &&
    tail < b.length - head &&
    a[a.length - 1 - tail] === b[b.length - 1 - tail]
  )
    tail++
  const line = (kind: DiffLine['kind']) => (text: string) => ({ kind, text })
  return [
    ...a.slice(0, head).map(line('same')),
    ...middle(a.slice(head, a.length - tail), b.slice(head, b.length - tail)),
    ...a.slice(a.length - tail).map(line('same')),
  ]
}

function middle(a: readonly string[], b: readonly string[]): DiffLine[] {
  const trace = search(a, b)
  if (trace === undefined)
    return [
      ...a.map((text): DiffLine => ({ kind: 'removed', text })),
      ...b.map((text): DiffLine => ({ kind: 'added', text })),
    ]
  // Back from the end, one edit a round.
  const lines: DiffLine[] = []
  let x = a.length
  let y = b.length
  for (let edits = trace.length - 1; edits >= 0; edits--) {
    const reach = (k: number) => trace[edits]?.[k + edits + 1] ?? -1
    const k = x - y
    const down = k === -edits || (k !== edits && reach(k - 1) < reach(k + 1))
    const from = edits === 0 ? 0 : down ? reach(k + 1) : reach(k - 1)
    const startY = edits === 0 ? 0 : from - (down ? k + 1 : k - 1)
    const afterX = edits === 0 ? 0 : down ? from : from + 1
    while (x > afterX) {
      x -= 1
      y -= 1
      lines.push({ kind: 'same', text: a[x] ?? '' })
    }
    if (edits > 0)
      lines.push(
        down ? { kind: 'added', text: b[startY] ?? '' } : { kind: 'removed', text: a[from] ?? '' },
      )
    x = from
    y = startY
  }
  return lines.reverse()
}

/** For each number of edits, how far down `a` each diagonal came before it; undefined when it takes too many. */
function search(a: readonly string[], b: readonly string[]): Int32Array[] | undefined {
  const trace: Int32Array[] = []
  const limit = Math.min(a.length + b.length, EFFORT_LIMIT)
  // Diagonal k lies at k + offset.
  const offset = limit + 1
  const furthest = new Int32Array(2 * offset + 1)
  for (let edits = 0; edits <= limit; edits++) {
    trace.push(furthest.slice(offset - edits - 1, offset + edits + 2))
    for (let k = -edits; k <= edits; k += 2) {
      const left = furthest[offset + k - 1] ?? 0
      const up = furthest[offset + k + 1] ?? 0
      const down = k === -edits || (k !== edits && left < up)
      let x = down ? up : left + 1
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++
      furthest[offset + k] = x
      if (x >= a.length && x - k >= b.length) return trace
    }
  }
  return undefined
}
