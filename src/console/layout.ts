// Where things are on the screen: the same figures for those who draw and for the keys that move by a page.

/** From this width on the VMs of the selected HWM stand beside the HWMs. */
const TWO_PANES_FROM = 100

export interface Layout {
  readonly columns: number
  readonly rows: number
  /** Lines of the body, its rules included. */
  readonly body: number
  /** Lines of items: the body less its two rules and the columns' titles. */
  readonly items: number
  /** Lines of a text that has no column titles. */
  readonly text: number
  readonly twoPanes: boolean
  /** Of the two panes, or of the only one. */
  readonly leftWidth: number
  readonly rightWidth: number
  readonly hasEventLine: boolean
  readonly hasFoot: boolean
}

/** Lines 1 and 2, and the line of keys. */
const ALWAYS = 3

export function layoutOf(size: { readonly columns: number; readonly rows: number }): Layout {
  const columns = Math.max(1, size.columns)
  const rows = Math.max(4, size.rows)
  const hasEventLine = rows >= 8
  const hasFoot = rows >= 10
  const body = rows - ALWAYS - (hasEventLine ? 1 : 0)
  const text = Math.max(0, body - 1 - (hasFoot ? 1 : 0))
  const twoPanes = columns >= TWO_PANES_FROM
  const leftWidth = twoPanes ? Math.min(84, Math.floor((columns - 1) * 0.47)) : columns
  return {
    columns,
    rows,
    body,
    items: Math.max(0, text - 1),
    text,
    twoPanes,
    leftWidth,
    rightWidth: twoPanes ? columns - 1 - leftWidth : columns,
    hasEventLine,
    hasFoot,
  }
}

/** First line of a window of `height` lines on `count`, moved only as far as needed to show `at`. */
export function windowTop(before: number, at: number, count: number, height: number): number {
  const last = Math.max(0, count - height)
  let top = Math.min(Math.max(0, before), last)
  if (at < top) top = at
  if (at >= top + height) top = at - height + 1
  return Math.max(0, top)
}
