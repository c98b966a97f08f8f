// Asks every HWM what doctor wants to know. Nothing is judged here, and nothing is changed.
import { FolderStore } from '../../domains/folder.ts'
import type { DomainStatus, HostFacts } from '../../libvirt/hypervisor.ts'
import type { InspectableHypervisor, NetworkStatus, SecretRef } from '../../libvirt/inspection.ts'
import { parseLibvirtUri } from '../../libvirt/uri.ts'
import type { ClusterConfig, Hwm } from '../../model/cluster.ts'
import type { Context } from '../context.ts'
import { hashOr } from '../hash-or.ts'
import { openForReading } from '../reach.ts'
import { lookAtCopies, type Copies } from './copy-checks.ts'
import { type Learnt, learn } from './check.ts'
import { clockDifference, type Probe, probeHost } from './probe.ts'

const OPEN_MS = 15_000

/** What one HWM's libvirt said. */
export interface LibvirtFacts {
  readonly host: HostFacts
  readonly domains: readonly DomainStatus[]
  /** Inactive XML of every managed domain, by name. */
  readonly xmls: ReadonlyMap<string, Learnt<string>>
  readonly secrets: Learnt<readonly SecretRef[]>
  readonly networks: Learnt<readonly NetworkStatus[]>
  readonly openedInMs: number
  /** Open until the gathering is disposed of: for questions about one VM and this HWM. */
  readonly hypervisor: InspectableHypervisor
}

export interface HwmFacts {
  readonly hwm: Hwm
  readonly libvirt: Learnt<LibvirtFacts>
  readonly probe: Learnt<Probe>
  readonly clock: Learnt<{ readonly ms: number; readonly uncertainty: number }>
  /** VMs that its domain store has XML of; undefined where etcd is the domain store. */
  readonly stored: Learnt<readonly string[]> | undefined
  /** What it keeps on its own disk. */
  readonly copies: Learnt<Copies>
}

export interface Gathered extends AsyncDisposable {
  readonly hwms: readonly HwmFacts[]
  /** VM to the hash of the XML in the shared folder, as one HWM shows it; unreadable XML has an empty one. */
  readonly storedHashes: Learnt<ReadonlyMap<string, string>> | undefined
}

export async function gather(context: Context, config: ClusterConfig): Promise<Gathered> {
  await using opened = new AsyncDisposableStack()
  const hwms = await Promise.all(config.hwms.map(hwm => gatherHwm(context, config, hwm, opened)))
  const storedHashes = await readStore(context, config, hwms)
  const rest = opened.move()
  return { hwms, storedHashes, [Symbol.asyncDispose]: () => rest.disposeAsync() }
}

async function gatherHwm(
  context: Context,
  config: ClusterConfig,
  hwm: Hwm,
  opened: AsyncDisposableStack,
): Promise<HwmFacts> {
  const { signal, reach } = context
  const run = reach.shell(hwm.libvirt)
  const peers = config.hwms
    .filter(other => other.name !== hwm.name)
    .flatMap(other => {
      const address = migrationAddress(other)
      return address === undefined ? [] : [{ name: other.name, address }]
    })
  const agents = [
    ...new Set(hwm.fence.map(({ agent }) => agent).filter(agent => agent !== 'redfish')),
  ]
  const [libvirt, probe, stored] = await Promise.all([
    learn(signal, askLibvirt(context, config, hwm, opened)),
    learn(signal, probeHost(run, { watchdog: hwm.watchdog, agents, peers }, { signal })),
    config.domains === 'etcd'
      ? undefined
      : learn(signal, new FolderStore(config.domains, hwm.name, run).list({ signal })),
  ])
  // After the others: the way is open then, and its delay does not count.
  const clock = probe.ok ? await learn(signal, clockDifference(run, { signal })) : probe
  const copies = probe.ok ? await lookAtCopies(context, config, hwm) : probe
  return { hwm, libvirt, probe, clock, stored, copies }
}

/** Where migrations to an HWM arrive, as far as the cluster file tells. */
export function migrationAddress({ migration, libvirt }: Hwm): string | undefined {
  return migration ?? parseLibvirtUri(libvirt).host
}

async function askLibvirt(
  context: Context,
  config: ClusterConfig,
  hwm: Hwm,
  opened: AsyncDisposableStack,
): Promise<LibvirtFacts> {
  const { signal } = context
  const started = performance.now()
  const hypervisor = opened.use(await openForReading(context, hwm.libvirt, OPEN_MS))
  const openedInMs = performance.now() - started
  const managed = new Set(config.vms.map(({ name }) => name))
  const [host, domains, secrets, networks] = await Promise.all([
    hypervisor.facts({ signal }),
    hypervisor.domains({ signal }),
    learn(signal, hypervisor.secrets({ signal })),
    learn(signal, hypervisor.networks({ signal })),
  ])
  const xmls = await Promise.all(
    domains
      .filter(({ name }) => managed.has(name))
      .map(async domain => {
        const which = domain.persistent ? 'inactive' : 'live'
        return [
          domain.name,
          await learn(signal, hypervisor.xml(domain, which, { signal })),
        ] as const
      }),
  )
  return { host, domains, secrets, networks, openedInMs, hypervisor, xmls: new Map(xmls) }
}

/** More files than this are not read: doctor is a look, and dump compares them all. */
const MOST_READ = 500

async function readStore(
  context: Context,
  config: ClusterConfig,
  hwms: readonly HwmFacts[],
): Promise<Gathered['storedHashes']> {
  const seeing = hwms.find(({ stored }) => stored?.ok)
  if (!seeing?.stored?.ok) return undefined
  const there = new Set(seeing.stored.value)
  const wanted = config.vms.map(({ name }) => name).filter(vm => there.has(vm))
  if (wanted.length > MOST_READ)
    return {
      ok: false,
      why: `${wanted.length} files are too many to read here; yasco dump --dry-run compares them`,
    }
  const { signal, reach } = context
  const folder = new FolderStore(config.domains, seeing.hwm.name, reach.shell(seeing.hwm.libvirt))
  return learn(signal, hashesIn(folder, wanted, signal))
}

async function hashesIn(
  folder: FolderStore,
  vms: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const xmls = await folder.readMany(vms, { signal })
  return new Map(Array.from(xmls, ([vm, xml]) => [vm, hashOr(xml, '')]))
}
