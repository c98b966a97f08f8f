// The UUID of each host as its firmware and its libvirt have it: what a Redfish device shows of its own system is compared with it before any
// power is taken away (SAFETY.md, pitfall 11). A dead host cannot be asked: so it is read while the host lives, and kept in etcd.
import { decode, encode, hostValue, keys } from '../etcd/layout.ts'
import type { StateStore } from '../etcd/store.ts'
import type { FenceDevice } from '../model/cluster.ts'
import type { ClusterEvent, ClusterSnapshot } from '../model/snapshot.ts'
import { isSilence } from './look.ts'
import { CALL_MS } from './ledger-values.ts'
import type { Reach } from './reach.ts'

interface Context {
  readonly store: StateStore
  readonly reach: Reach
  readonly report: (event: Pick<ClusterEvent, 'level' | 'about' | 'what'>) => void
}

const call = { timeoutMs: CALL_MS }

/** Whether what it shows could be compared, and nobody has configured with what. */
function lacksUuid({ agent, options }: FenceDevice): boolean {
  return agent === 'redfish' && options['uuid'] === undefined
}

/** The devices of an HWM as they are to be opened: with the UUID that was read of the host, where none is configured. */
export async function devicesOf(
  { hwms }: Pick<ClusterSnapshot, 'hwms'>,
  hwm: string,
  store: StateStore,
): Promise<readonly FenceDevice[]> {
  const devices = hwms[hwm]?.config.fence ?? []
  if (!devices.some(lacksUuid)) return devices
  const uuid = await knownUuid(store, hwm)
  if (uuid === undefined) return devices
  return devices.map(device =>
    lacksUuid(device) ? { ...device, options: { ...device.options, uuid } } : device,
  )
}

/** Reads and keeps the UUIDs of hosts that answer and whose Redfish devices are configured without one. What fails is told, and tried again next time. */
export async function recordHostUuids(
  snapshot: Pick<ClusterSnapshot, 'hwms'>,
  { store, reach, report }: Context,
): Promise<void> {
  const wanted = Object.values(snapshot.hwms).filter(
    ({ state, config }) => state === 'up' && config.fence.some(lacksUuid),
  )
  await Promise.all(
    wanted.map(async ({ name }) => {
      try {
        const [before, machine] = await Promise.all([
          knownUuid(store, name),
          reach.machine(name, call),
        ])
        const uuid = hostUuid(await machine.capabilities(call))
        if (uuid === undefined || uuid === before) return
        const value = encode(hostValue, { uuid, when: new Date().toISOString() })
        await store.commit({ if: [], then: [{ put: keys.host(name), value }] }, call)
        if (before === undefined) return
        const what = `${name}: its host has UUID ${uuid} now, and had ${before}: another board?`
        report({ level: 'warn', about: `hwm:${name}`, what })
      } catch (error) {
        if (!isSilence(error)) throw error
        report({ level: 'warn', about: `hwm:${name}`, what: `${name}: ${error.message}` })
      }
    }),
  )
}

async function knownUuid(store: StateStore, hwm: string): Promise<string | undefined> {
  const kv = await store.get(keys.host(hwm), call)
  const read = kv && decode(hostValue, kv)
  return read !== undefined && 'value' in read ? read.value.uuid : undefined
}

/** Undefined where libvirt's capabilities name none. */
function hostUuid(capabilities: string): string | undefined {
  return /<host>\s*<uuid>\s*([0-9a-fA-F-]{36})\s*<\/uuid>/.exec(capabilities)?.[1]?.toLowerCase()
}
