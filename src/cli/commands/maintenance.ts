// yasco maintenance HWM on|off: on moves its VMs away and keeps others out; off lets them in again.
import { actOn, openCluster } from '../acting.ts'
import { confirm, refuseIfReadOnly } from '../ask.ts'
import type { Run } from '../context.ts'
import { EXIT, Refused } from '../exit.ts'
import { printLines } from '../print.ts'

export const run: Run = async context => {
  const [hwm = '', wish] = context.arguments
  if (wish === 'on')
    return actOn(context, { do: 'evacuate', hwm, cold: context.options.has('cold') })
  if (!context.options.has('dry-run')) refuseIfReadOnly(context)
  await using cluster = await openCluster(context)
  const view = cluster.observation.snapshot.hwms[hwm]
  if (view === undefined)
    throw new Refused(`there is no HWM ${hwm} in ${cluster.observation.snapshot.cluster}`)
  if (!view.config.maintenance) {
    printLines(context, [`${hwm} is not in maintenance`])
    return EXIT.done
  }
  printLines(context, [
    `${hwm}: maintenance off, it takes VMs in again; 'yasco homecoming ${hwm}' brings its own back`,
  ])
  if (context.options.has('dry-run')) return EXIT.done
  await confirm(context, `End maintenance of ${hwm}?`)
  await cluster.operations.setMaintenance(hwm, false, context.options.text('reason') ?? '')
  return EXIT.done
}
