// A menu in the place of the body: orders, columns, or HWMs.
import { windowTop } from '../layout.ts'
import type { Line } from '../line.ts'
import { fitLine, line, span } from '../line.ts'
import { hwmChoices, type ChooseHwm } from '../acting/choose.ts'
import { rowInHand } from '../acting/plan.ts'
import { vmsInHand } from '../acting/reasons.ts'
import type { MenuItem, Overlay } from '../state.ts'
import type { ConsoleStore } from '../store.ts'
import { fit, widthOf } from '../text.ts'
import type { PaneView, ViewContext } from './context.ts'
import { menuItems } from './menu.ts'

export function menuPane(
  context: ViewContext,
  menu: Extract<Overlay, { kind: 'sort' | 'columns' }>,
): readonly PaneView[] {
  const { state, glyphs } = context
  const { reverse } = state.lists[menu.list]
  const words =
    menu.list === 'fallback'
      ? 'failure sets'
      : menu.list === 'hwm' || menu.list === 'place'
        ? 'HWMs'
        : 'VMs'
  return menuOf(context, {
    title: menu.kind === 'sort' ? `Order of the ${words}` : `Columns of the ${words}`,
    items: menuItems(state, menu),
    at: menu.at,
    sign: item =>
      menu.kind === 'columns'
        ? item.chosen
          ? '[x] '
          : '[ ] '
        : item.chosen
          ? `${reverse ? glyphs.ascending : glyphs.descending} `
          : '  ',
  })
}

/** Where VMs shall go. */
export function chooseHwmPane(
  context: ViewContext,
  store: ConsoleStore,
  menu: ChooseHwm,
): readonly PaneView[] {
  const names = vmsInHand(store).map(vm => vm.name)
  const what =
    menu.purpose === 'target'
      ? (rowInHand(store)?.vm ?? '')
      : names.length === 1
        ? names[0]
        : `${names.length} VMs`
  return menuOf(context, {
    title: `Where shall ${what} go?`,
    items: hwmChoices(store, menu),
    at: menu.at,
    sign: item => (item.chosen ? `${context.glyphs.arrow} ` : '  '),
  })
}

interface Menu {
  readonly title: string
  readonly items: readonly MenuItem[]
  readonly at: number
  sign(item: MenuItem): string
}

function menuOf(context: ViewContext, menu: Menu): readonly PaneView[] {
  const { layout, glyphs } = context
  const { items } = menu
  const height = layout.text
  const top = windowTop(0, menu.at, items.length, height)
  const labels = Math.max(12, ...items.map(item => widthOf(item.label)))
  const lines = items.slice(top, top + height).map((item, offset): Line => {
    const isSelected = top + offset === menu.at
    return fitLine(
      [
        span(isSelected ? ' > ' : '   ', 'mark'),
        span(menu.sign(item), 'key'),
        span(fit(item.label, labels), isSelected ? 'chosen' : 'plain'),
        span('  '),
        span(item.detail, 'dim'),
      ],
      layout.columns,
      glyphs.ellipsis,
    )
  })
  while (lines.length < height) lines.push(fitLine([], layout.columns))
  return [
    {
      width: layout.columns,
      title: line(span(menu.title, 'title')),
      note: [],
      lines,
      foot:
        items.length > top + height
          ? line(span(`${items.length - top - height} more below`, 'dim'))
          : [],
      isActive: true,
    },
  ]
}
