// The first picture of a cluster that is worth printing: everything in it has answered, or is known not to.
import type { Clock } from '../model/clock.ts'
import type { ClusterSnapshot } from '../model/snapshot.ts'

export interface Pictures {
  readonly snapshot: ClusterSnapshot
  onSnapshot(listener: (snapshot: ClusterSnapshot) => void): Disposable
}

/** A little more than one attempt to reach an HWM lasts (10 s); etcd is given as long before. */
const SETTLE_MS = 12_000

/**
 * The first picture in which every HWM has answered or is known not to; or the one there is when the time for that is over. It runs anew
 * from when the HWMs are known: an etcd with a member lost takes its time to name them. Rejects with the signal's reason.
 */
export async function firstSettled(
  pictures: Pictures,
  clock: Clock,
  signal: AbortSignal,
): Promise<ClusterSnapshot> {
  const settled = Promise.withResolvers<ClusterSnapshot>()
  const giveUp = () => clock.after(SETTLE_MS, () => settled.resolve(pictures.snapshot))
  let limit = giveUp()
  let areKnown = false
  const look = (snapshot: ClusterSnapshot) => {
    if (isSettled(snapshot)) settled.resolve(snapshot)
    else if (snapshot.config && !areKnown) {
      areKnown = true
      limit[Symbol.dispose]()
      limit = giveUp()
    }
  }
  const onAbort = () => settled.reject(signal.reason)
  using listening = new DisposableStack()
  listening.use(pictures.onSnapshot(look))
  listening.defer(() => limit[Symbol.dispose]())
  signal.addEventListener('abort', onAbort, { once: true })
  listening.defer(() => signal.removeEventListener('abort', onAbort))
  signal.throwIfAborted()
  look(pictures.snapshot)
  return await settled.promise
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
