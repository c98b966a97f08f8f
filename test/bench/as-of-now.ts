// A made-up cluster whose facts are of now, and stay so for as long as a benchmark takes.
import { monotonicMs } from '../../src/model/clock.ts'
import type { ClusterSnapshot } from '../../src/model/snapshot.ts'
import { NOW } from '../console/made-up.ts'

/** `snapshot` as of this instant. */
export function asOfNow(snapshot: ClusterSnapshot): ClusterSnapshot {
  const shift = monotonicMs() - NOW
  return {
    ...snapshot,
    etcd: {
      ...snapshot.etcd,
      since: snapshot.etcd.since + shift,
      seenAt: monotonicMs() + 3_600_000,
    },
    hwms: Object.fromEntries(
      Object.entries(snapshot.hwms).map(([name, hwm]) => [
        name,
        // Heard of in an hour: nothing becomes old while this measures.
        {
          ...hwm,
          since: hwm.since + shift,
          seenAt: monotonicMs() + 3_600_000,
          usage: hwm.usage && { ...hwm.usage, at: monotonicMs() + 3_600_000 },
        },
      ]),
    ),
    vms: Object.fromEntries(
      Object.entries(snapshot.vms).map(([name, vm]) => [
        name,
        {
          ...vm,
          since: vm.since + shift,
          usage: vm.usage && { ...vm.usage, at: monotonicMs() + 3_600_000 },
        },
      ]),
    ),
  }
}
