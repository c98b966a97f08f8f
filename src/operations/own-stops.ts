// Guests that shut themselves down, or were shut down by hand: they are stopped, not failed (SAFETY.md, *What should be running*). libvirt
// remembers why a domain is off only while its HWM lives; so it is written where it stays: at once by whoever acts, and after a while by
// every engine that may act (own-stop-watch.ts).
import { RunFailed, RunTimedOut } from '../domains/store.ts'
import type { ClusterEvent, ClusterSnapshot, VmView } from '../model/snapshot.ts'
import { LedgerRefused } from './ledger-values.ts'
import type { Ledger } from './ledger.ts'
import { operationWith } from './plan/common.ts'
import type { Reach } from './reach.ts'

/** VMs that are to run, and of which an HWM that answers says that they were shut down from within; not those that an operation has. */
export function ownStops(snapshot: ClusterSnapshot): VmView[] {
  return Object.values(snapshot.vms).filter(vm => {
    if (vm.config?.desired !== 'running' || vm.state !== 'stopped') return false
    const there = vm.instances.find(({ hwm }) => hwm === vm.where)
    return (
      there?.state === 'shutoff' &&
      there.reason === 'shutdown' &&
      snapshot.hwms[there.hwm]?.state === 'up' &&
      operationWith(snapshot, vm.name) === undefined
    )
  })
}

interface Context {
  readonly ledger: Ledger
  readonly reach: Pick<Reach, 'shell'>
  readonly report: (event: Pick<ClusterEvent, 'level' | 'about' | 'what'>) => void
  /** Only those; left out: all. */
  readonly only?: ReadonlySet<string>
}

/**
 * Writes `stopped` as what they should be; each alone, so that one that is changed at the same time holds up no other. Not where the host
 * itself is on its way down: it took its guests with it.
 */
export async function recordOwnStops(
  snapshot: ClusterSnapshot,
  { ledger, reach, report, only }: Context,
): Promise<void> {
  const goingDown = new Map<string, Promise<boolean>>()
  for (const { name, where } of ownStops(snapshot)) {
    if (where === undefined || only?.has(name) === false) continue
    const isGoingDown = goingDown.get(where) ?? isHostGoingDown(reach, where)
    goingDown.set(where, isGoingDown)
    if (await isGoingDown) continue
    const about = `vm:${name}`
    try {
      const desired = { [name]: 'stopped' } as const
      // Somebody has started it since, or another engine has written the same: the next look sees what they wrote.
      if (!(await ledger.changeUnlessOther({ desired }, snapshot.etcd.revision))) continue
      report({
        level: 'info',
        about,
        what: `${name}: its guest shut itself down: it is left stopped until it is started`,
      })
    } catch (error) {
      if (!(error instanceof LedgerRefused)) throw error
      report({ level: 'warn', about, what: `${name}: ${error.message}` })
    }
  }
}

/** A host on its way down shuts its guests down first (libvirt-guests); systemd says so meanwhile. */
const IS_STOPPING = 'test "$(systemctl is-system-running 2>/dev/null)" = stopping'
const ASK_MS = 3_000

/** Also when its shell does not answer; not where there is none, or no systemd. */
async function isHostGoingDown(reach: Pick<Reach, 'shell'>, hwm: string): Promise<boolean> {
  const run = reach.shell(hwm)
  if (run === undefined) return false
  try {
    return (await run(IS_STOPPING, { timeoutMs: ASK_MS })).status === 0
  } catch (error) {
    // A host that goes down ends its sshd before it is gone. What is not written now is written when it answers.
    if (error instanceof RunFailed || error instanceof RunTimedOut) return true
    throw error
  }
}
