// yasco status: looks at the cluster once, or with --watch for as long as it is left to.
import { observe } from '../../cluster/observe.ts'
import { monotonicMs } from '../../model/clock.ts'
import type { ClusterSnapshot } from '../../model/snapshot.ts'
import { findCluster } from '../cluster-access.ts'
import type { Context, Run } from '../context.ts'
import { CommandFailed, EXIT, type ExitStatus } from '../exit.ts'
import { painter, printJson, printLines } from '../print.ts'
import { isWell, statusJson, statusLines } from '../status-report.ts'

/** How long to wait for HWMs that do not answer before the picture is printed as it is: a little more than one attempt to connect lasts. */
const SETTLE_MS = 12_000

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
  const settled = await firstSettled(context, observation)
  if (options.has('watch')) await watch(context, observation, settled)
  else print(context, settled)
  return verdict(settled, cluster)
}

interface Pictures {
  readonly snapshot: ClusterSnapshot
  onSnapshot(listener: (snapshot: ClusterSnapshot) => void): Disposable
}

/** The first picture in which every HWM has answered or is known not to; or the one there is when the time is over. */
async function firstSettled({ signal }: Context, observation: Pictures): Promise<ClusterSnapshot> {
  const settled = Promise.withResolvers<ClusterSnapshot>()
  const look = (snapshot: ClusterSnapshot) => {
    if (isSettled(snapshot)) settled.resolve(snapshot)
  }
  using listening = new DisposableStack()
  listening.use(observation.onSnapshot(look))
  const timer = setTimeout(() => settled.resolve(observation.snapshot), SETTLE_MS)
  const onAbort = () => settled.reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    signal.throwIfAborted()
    look(observation.snapshot)
    return await settled.promise
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
  }
}

function isSettled({ config, etcd, hwms, vms }: ClusterSnapshot): boolean {
  if (etcd.state !== 'live' || etcd.members.length === 0) return false
  // A cluster that was never applied has nothing more to wait for.
  if (!config) return true
  return (
    Object.values(hwms).every(({ state }) => state !== 'connecting') &&
    Object.values(vms).every(({ state }) => state !== 'unknown' || hwmsAnswered(hwms))
  )
}

function hwmsAnswered(hwms: ClusterSnapshot['hwms']): boolean {
  return Object.values(hwms).every(({ state, seenAt }) => state !== 'up' || seenAt !== undefined)
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
