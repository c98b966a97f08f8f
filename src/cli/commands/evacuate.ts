// yasco evacuate HWM: its HAVMs restart elsewhere when it is dead, all its VMs leave it when it lives.
import { actOn } from '../acting.ts'
import type { Run } from '../context.ts'
import { WrongUse } from '../exit.ts'

export const run: Run = context => {
  const { options } = context
  const hwm = context.arguments[0] ?? ''
  const how = options.text('off-confirmed')
  if (how !== undefined && options.has('fence'))
    throw new WrongUse('--off-confirmed and --fence: one of them is the proof')
  if (how?.trim() === '') throw new WrongUse('--off-confirmed: say how you verified that it is off')
  const off =
    how !== undefined
      ? ({ by: 'word', how } as const)
      : options.has('fence')
        ? ({ by: 'device' } as const)
        : undefined
  const parallel = options.whole('parallel', 1)
  return actOn(
    context,
    { do: 'evacuate', hwm, cold: options.has('cold'), ...(off && { off: true }) },
    {
      ...(off && { off }),
      without: options.all('without'),
      ...(parallel !== undefined && { limits: { parallelPerHwm: parallel } }),
    },
  )
}
