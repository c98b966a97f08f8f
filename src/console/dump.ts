// What `S` writes: the screen as text, and what it rests on as JSON.
import { lineText } from './line.ts'
import type { ConsoleState } from './state.ts'
import type { FrameView } from './view/frame.ts'

/** The screen as it is seen, without colours. */
export function screenText(frame: FrameView): string {
  const rows = frame.header.map(lineText)
  const height = frame.panes[0]?.lines.length ?? 0
  const between = frame.ascii ? '|' : '│'
  rows.push(frame.panes.map(pane => ` ${lineText(pane.title)}`.padEnd(pane.width)).join(between))
  for (let index = 0; index < height; index++) {
    rows.push(frame.panes.map(pane => lineText(pane.lines[index] ?? [])).join(between))
  }
  if (frame.event) rows.push(lineText(frame.event))
  rows.push(lineText(frame.keys))
  return `${rows.map(row => row.trimEnd()).join('\n')}\n`
}

/** Everything this console knows, with where it was looking. Versioned, so that a script can tell what it reads. */
export function snapshotText(state: ConsoleState): string {
  return `${JSON.stringify(
    {
      format: 'yasco/console-dump/v1',
      version: state.version,
      simulated: state.simulated,
      link: state.link,
      now: state.now,
      screen: state.screen,
      opened: state.opened,
      snapshot: state.picture.snapshot,
    },
    null,
    1,
  )}\n`
}
