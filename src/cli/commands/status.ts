// yasco status: looks at the cluster once, or with --watch for as long as it is left to.
import { observe } from '../../cluster/observe.ts'
import { monotonicMs, realClock } from '../../model/clock.ts'
import type { ClusterSnapshot } from '../../model/snapshot.ts'
import { findCluster } from '../cluster-access.ts'
import type { Context, Run } from '../context.ts'
import { CommandFailed, EXIT, type ExitStatus } from '../exit.ts'
import { painter, printJson, printLines } from '../print.ts'
import { firstSettled, type Pictures } from '../settled.ts'
import { isWell, statusJson, statusLines } from '../status-report.ts'

export const run: Run = async context => {
  const { etcd, cluster } = await findCluster(context)
  await using store = await context.reach.store(etcd, cluster)
  const { reach, options } = context
  await using observation = observe({
    cluster,
    store,
    etcd,
    readOnly: true,
    open: (uri, how) => reach.hypervisor(uri, how),
  })
  const settled = await firstSettled(observation, realClock, context.signal)
  if (options.has('watch')) await watch(context, observation, settled)
  else print(context, settled)
  return verdict(settled, cluster)
}

/** Prints anew whenever a state changed; an age alone is no change. On a terminal the new picture takes the place of the old. */
async function watch(
  context: Context,
  observation: Pictures,
  first: ClusterSnapshot,
): Promise<void> {
  const { signal, io, options } = context
  const isRedrawn = io.stdout.isTTY === true && !options.has('json') && !options.has('plain')
  let last = ''
  const show = (snapshot: ClusterSnapshot) => {
    const key = JSON.stringify(statusJson(snapshot))
    if (key === last) return
    if (isRedrawn) io.stdout.write('\u001b[H\u001b[J')
    else if (last !== '' && !options.has('json')) io.stdout.write('\n')
    last = key
    print(context, snapshot)
  }
  show(first)
  using listening = new DisposableStack()
  listening.use(observation.onSnapshot(show))
  const ended = Promise.withResolvers<void>()
  signal.addEventListener('abort', () => ended.resolve(), { once: true })
  if (!signal.aborted) await ended.promise
}

function print(context: Context, snapshot: ClusterSnapshot): void {
  if (context.options.has('json')) printJson(context, 'ClusterStatus', statusJson(snapshot))
  else printLines(context, statusLines(snapshot, monotonicMs(), painter(context)))
}

function verdict(snapshot: ClusterSnapshot, cluster: string): ExitStatus {
  if (snapshot.etcd.state === 'never') {
    throw new CommandFailed(EXIT.partly, `etcd does not answer: ${snapshot.etcd.reason}`)
  }
  if (!snapshot.config) {
    throw new CommandFailed(
      EXIT.failed,
      `etcd knows no cluster '${cluster}': apply a cluster file first (yasco apply -f FILE)`,
    )
  }
  return isWell(snapshot) ? EXIT.done : EXIT.failed
}
