// yasco start VM: at its home, or where there is room.
import { actOn } from '../acting.ts'
import type { Run } from '../context.ts'

export const run: Run = context => {
  const at = context.options.text('at')
  return actOn(context, {
    do: 'start',
    vm: context.arguments[0] ?? '',
    ...(at !== undefined && { at }),
  })
}
