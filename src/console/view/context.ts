// What every view is made from.
import { Ages } from '../ages.ts'
import type { Glyphs } from '../glyphs.ts'
import type { Layout } from '../layout.ts'
import { layoutOf } from '../layout.ts'
import type { Line, Style } from '../line.ts'
import type { Lists } from '../lists.ts'
import type { ConsoleState } from '../state.ts'
import type { CellContext } from './table.ts'

export interface ViewContext {
  readonly state: ConsoleState
  readonly lists: Lists
  readonly layout: Layout
  readonly ages: Ages
  readonly glyphs: Glyphs
  /** The engine is gone: everything shown is of the last picture. */
  readonly isPast: boolean
}

export function viewContext(state: ConsoleState, lists: Lists): ViewContext {
  return {
    state,
    lists,
    layout: layoutOf(state.size),
    ages: new Ages(state.now, state.picture.hwmCount),
    glyphs: state.glyphs,
    isPast: state.link.state === 'lost' || state.link.state === 'fatal',
  }
}

export function cellContext(context: ViewContext, name: Style = 'plain'): CellContext {
  const { state, ages, glyphs } = context
  return { picture: state.picture, ages, glyphs, foresight: state.foresight, name }
}

/** A part of the body between two rules, drawn by components side by side or alone. Lines are as wide as the pane. */
export interface PaneView {
  readonly width: number
  readonly title: Line
  /** At the right end of the upper rule. */
  readonly note: Line
  readonly lines: readonly Line[]
  /** At the right end of the lower rule. */
  readonly foot: Line
  /** It has the keys. */
  readonly isActive: boolean
}
