// A menu in the place of the body: orders, or columns.
import { windowTop } from '../layout.ts'
import type { Line } from '../line.ts'
import { fitLine, line, span } from '../line.ts'
import type { Overlay } from '../state.ts'
import { fit } from '../text.ts'
import type { PaneView, ViewContext } from './context.ts'
import { menuItems } from './menu.ts'

export function menuPane(
  context: ViewContext,
  menu: Extract<Overlay, { kind: 'sort' | 'columns' }>,
): readonly PaneView[] {
  const { state, layout, glyphs } = context
  const items = menuItems(state, menu)
  const height = layout.text
  const top = windowTop(0, menu.at, items.length, height)
  const { reverse } = state.lists[menu.list]
  const lines = items.slice(top, top + height).map((item, offset): Line => {
    const isSelected = top + offset === menu.at
    const sign =
      menu.kind === 'columns'
        ? item.chosen
          ? '[x] '
          : '[ ] '
        : item.chosen
          ? `${reverse ? glyphs.ascending : glyphs.descending} `
          : '  '
    return fitLine(
      [
        span(isSelected ? ' > ' : '   ', 'mark'),
        span(sign, 'key'),
        span(fit(item.label, 12), isSelected ? 'chosen' : 'plain'),
        span('  '),
        span(item.detail, 'dim'),
      ],
      layout.columns,
      glyphs.ellipsis,
    )
  })
  while (lines.length < height) lines.push(fitLine([], layout.columns))
  const words =
    menu.list === 'fallback'
      ? 'failure sets'
      : menu.list === 'hwm' || menu.list === 'place'
        ? 'HWMs'
        : 'VMs'
  return [
    {
      width: layout.columns,
      title: line(
        span(menu.kind === 'sort' ? `Order of the ${words}` : `Columns of the ${words}`, 'title'),
      ),
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
