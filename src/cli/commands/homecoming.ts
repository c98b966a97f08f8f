// yasco homecoming [HWM]: VMs that are away return to their homes, live.
import { actOn } from '../acting.ts'
import type { Run } from '../context.ts'

export const run: Run = context => {
  const [hwm] = context.arguments
  return actOn(context, {
    do: 'homecoming',
    ...(hwm !== undefined && { hwm }),
    staying: context.options.all('without'),
  })
}
