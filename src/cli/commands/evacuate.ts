// yasco evacuate HWM...: the HAVMs of dead HWMs restart elsewhere, all VMs of a living one leave it.
import type { OffProof } from '../../operations/operations.ts'
import { actOn } from '../acting.ts'
import type { Context, Run } from '../context.ts'
import { WrongUse } from '../exit.ts'

export const run: Run = context => {
  const { options } = context
  const [hwm = '', ...also] = context.arguments
  const off = offProofs(context)
  const parallel = options.whole('parallel', 1)
  return actOn(
    context,
    {
      do: 'evacuate',
      hwm,
      ...(also.length > 0 && { also }),
      cold: options.has('cold'),
      off: Object.keys(off),
    },
    {
      off,
      without: options.all('without'),
      ...(parallel !== undefined && { limits: { parallelPerHwm: parallel } }),
    },
  )
}

/** By what each HWM is proved to be off, as far as the line says it. Throws `WrongUse`. */
function offProofs({ options, arguments: hwms }: Context): Record<string, OffProof> {
  const off: Record<string, OffProof> = {}
  for (const text of options.all('off-confirmed')) {
    const { hwm, how } = confirmed(text, hwms)
    if (off[hwm] !== undefined) throw new WrongUse(`--off-confirmed is given twice for ${hwm}`)
    off[hwm] = { by: 'word', how }
  }
  if (!options.has('fence')) return off
  const rest = hwms.filter(hwm => off[hwm] === undefined)
  if (rest.length === 0) throw new WrongUse('--off-confirmed and --fence: one of them is the proof')
  for (const hwm of rest) off[hwm] = { by: 'device' }
  return off
}

/** `HWM=HOW`; of one HWM alone `HOW` says enough. */
function confirmed(
  text: string,
  hwms: readonly string[],
): { readonly hwm: string; readonly how: string } {
  const named = hwms.find(hwm => text.startsWith(`${hwm}=`))
  const [only] = hwms
  const hwm = named ?? (hwms.length === 1 ? only : undefined)
  if (hwm === undefined)
    throw new WrongUse(
      `--off-confirmed '${text}': of several HWMs it begins with the one it is about: HWM=HOW`,
    )
  const how = (named === undefined ? text : text.slice(named.length + 1)).trim()
  if (how === '') throw new WrongUse('--off-confirmed: say how you verified that it is off')
  return { hwm, how }
}
