// yasco homecoming [HWM]: VMs that are away return to their homes, live.
import { openCluster, actOn } from '../acting.ts'
import type { Run } from '../context.ts'
import { Refused } from '../exit.ts'

export const run: Run = async context => {
  const [hwm] = context.arguments
  if (!context.options.has('dry-run') && !context.options.has('read-only'))
    await releaseFences(hwm, context)
  return actOn(context, {
    do: 'homecoming',
    ...(hwm !== undefined && { hwm }),
    staying: context.options.all('without'),
  })
}

/** An HWM that was fenced and answers again is let in before anybody comes home to it. */
async function releaseFences(hwm: string | undefined, context: Parameters<Run>[0]): Promise<void> {
  await using cluster = await openCluster(context)
  for (const view of Object.values(cluster.observation.snapshot.hwms)) {
    if (view.state !== 'up' || (hwm !== undefined && view.name !== hwm)) continue
    const why = await cluster.operations.release(view.name)
    if (why !== undefined) throw new Refused(why)
  }
}
