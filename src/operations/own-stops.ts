// Guests that shut themselves down, or were shut down by hand: they are stopped, not failed (SAFETY.md, *What should be running*). libvirt
// remembers why a domain is off only while its HWM lives; so whoever acts first writes it where it stays.
import type { ClusterEvent, ClusterSnapshot } from '../model/snapshot.ts'
import { LedgerRefused } from './ledger-values.ts'
import type { Ledger } from './ledger.ts'
import { operationWith } from './plan/common.ts'

/** VMs that are to run, and of which an HWM that answers says that they were shut down from within; not those that an operation has. */
export function ownStops(snapshot: ClusterSnapshot): string[] {
  return Object.values(snapshot.vms)
    .filter(vm => {
      if (vm.config?.desired !== 'running' || vm.state !== 'stopped') return false
      const there = vm.instances.find(({ hwm }) => hwm === vm.where)
      return (
        there?.state === 'shutoff' &&
        there.reason === 'shutdown' &&
        snapshot.hwms[there.hwm]?.state === 'up' &&
        operationWith(snapshot, vm.name) === undefined
      )
    })
    .map(vm => vm.name)
}

/** Writes `stopped` as what they should be; each alone, so that one that is changed at the same time holds up no other. */
export async function recordOwnStops(
  snapshot: ClusterSnapshot,
  {
    ledger,
    report,
  }: {
    readonly ledger: Ledger
    readonly report: (event: Pick<ClusterEvent, 'level' | 'about' | 'what'>) => void
  },
): Promise<void> {
  for (const vm of ownStops(snapshot)) {
    const about = `vm:${vm}`
    try {
      await ledger.change({ desired: { [vm]: 'stopped' } })
      report({
        level: 'info',
        about,
        what: `${vm}: its guest shut itself down: it is left stopped until it is started`,
      })
    } catch (error) {
      if (!(error instanceof LedgerRefused)) throw error
      report({ level: 'warn', about, what: `${vm}: ${error.message}` })
    }
  }
}
