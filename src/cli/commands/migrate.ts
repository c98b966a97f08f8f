// yasco migrate VM HWM: moves one VM, live or by a stop and a start.
import { actOn } from '../acting.ts'
import type { Run } from '../context.ts'

export const run: Run = context => {
  const [vm = '', to = ''] = context.arguments
  return actOn(context, { do: 'migrate', vm, to, cold: context.options.has('cold') })
}
