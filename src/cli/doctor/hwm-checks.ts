// What is wrong with one HWM by itself. Pure.
import { findMount, isCephFs } from '../../domains/mount-table.ts'
import type { ClusterConfig, Vm } from '../../model/cluster.ts'
import { humanAmount, humanDuration } from '../../model/human.ts'
import { isSet, parseLibvirtUri } from '../../libvirt/uri.ts'
import { type Check, checksAbout } from './check.ts'
import type { HwmFacts, LibvirtFacts } from './gather.ts'
import type { Probe } from './probe.ts'

type Make = ReturnType<typeof checksAbout>

export function hwmChecks(facts: HwmFacts, config: ClusterConfig): readonly Check[] {
  const make = checksAbout(`hwm ${facts.hwm.name}`)
  return [
    ...libvirtChecks(make, facts, config),
    ...certificateChecks(make, facts),
    ...(facts.probe.ok
      ? hostChecks(make, facts, facts.probe.value)
      : [make.unknown('host', facts.probe.why, 'doctor needs a shell there, over SSH')]),
    ...clockChecks(make, facts),
    ...storeChecks(make, facts, config),
  ]
}

/** Said whether or not it answers: what answers may be anybody. */
function certificateChecks(make: Make, { hwm }: HwmFacts): readonly Check[] {
  const uri = parseLibvirtUri(hwm.libvirt)
  if (uri.transport !== 'tls' || !isSet(uri, 'no_verify')) return []
  return [
    make.warn(
      'server certificate',
      'NOT CHECKED (no_verify): whoever answers at its address is obeyed',
      'give the host a certificate of your CA, and take no_verify out of its URI',
    ),
  ]
}

function libvirtChecks(
  make: Make,
  { hwm, libvirt }: HwmFacts,
  config: ClusterConfig,
): readonly Check[] {
  if (!libvirt.ok) return [make.fail('libvirt', libvirt.why, `try: virsh -c '${hwm.libvirt}' list`)]
  const { host, openedInMs, domains } = libvirt.value
  const checks = [
    make.ok(
      'libvirt',
      `${host.libvirtVersion}, ${host.hypervisor}, answers in ${humanDuration(openedInMs)}`,
    ),
  ]
  const ram = hwm.capacity['ram']
  if (ram !== undefined && ram > host.memory) {
    const found = `${humanAmount('ram', ram)} configured, ${humanAmount('ram', host.memory)} there`
    checks.push(
      make.warn('capacity', found, 'correct the capacity in the cluster file: VMs would not fit'),
    )
  }
  const managed = new Map(config.vms.map(vm => [vm.name, vm]))
  return [
    ...checks,
    ...autostartChecks(make, libvirt.value, managed),
    ...transientChecks(make, domains, managed),
  ]
}

function autostartChecks(
  make: Make,
  { domains }: LibvirtFacts,
  managed: ReadonlyMap<string, Vm>,
): readonly Check[] {
  const started = domains
    .filter(({ name, autostart }) => autostart && managed.has(name))
    .map(({ name }) => name)
  if (started.length === 0)
    return [make.ok('autostart', 'no managed VM is started by libvirt itself')]
  const todo = `there: ${started.map(name => `virsh autostart --disable '${name}'`).join('; ')}`
  return [
    make.fail(
      'autostart',
      `libvirt itself starts ${started.join(', ')} at boot, wherever they run then`,
      todo,
    ),
  ]
}

function transientChecks(
  make: Make,
  domains: LibvirtFacts['domains'],
  managed: ReadonlyMap<string, Vm>,
): readonly Check[] {
  return domains
    .filter(({ name, persistent }) => !persistent && managed.has(name))
    .map(({ name }) =>
      make.warn(
        'definition',
        `${name} is transient: its definition goes when it stops`,
        'yasco dump keeps its XML',
      ),
    )
}

function hostChecks(make: Make, { hwm }: HwmFacts, probe: Probe): readonly Check[] {
  const checks: Check[] = []
  if (probe.libvirtGuests === 'enabled') {
    checks.push(
      make.warn(
        'libvirt-guests',
        'it starts and stops VMs at boot and shutdown',
        'there: systemctl disable --now libvirt-guests',
      ),
    )
  }
  if (hwm.watchdog !== undefined) {
    checks.push(
      probe.hasWatchdog
        ? make.ok('watchdog', hwm.watchdog)
        : make.fail(
            'watchdog',
            `there is no device ${hwm.watchdog}`,
            "load the watchdog's driver, or take it out of the cluster file",
          ),
    )
  }
  for (const { agent } of hwm.fence) {
    if (agent === 'redfish') continue
    checks.push(
      probe.agents.includes(agent)
        ? make.ok('fence agent', agent)
        : make.fail(
            'fence agent',
            `${agent} is not installed`,
            'there: apt-get install fence-agents',
          ),
    )
  }
  return [...checks, ...portChecks(make, probe)]
}

function portChecks(make: Make, { ports }: Probe): readonly Check[] {
  return Array.from(ports, ([peer, state]) => {
    const name = `migration to ${peer}`
    switch (state) {
      case 'open':
      case 'closed':
        return make.ok(name, 'its ports can be reached')
      case 'filtered':
        return make.fail(
          name,
          'no answer from its port 49152',
          'let TCP ports 49152 to 49215 through between the HWMs',
        )
      case 'no-route':
        return make.fail(
          name,
          'its migration address cannot be reached',
          'look at the network between the two, or set migration: ADDRESS in the cluster file',
        )
      case 'unknown':
        return make.unknown(name, 'it could not be tried (bash and timeout are needed there)')
    }
  })
}

/** Leases do not depend on wall clocks; logs and certificates do. */
const CLOCK_LIMIT_MS = 1_000

function clockChecks(make: Make, { clock, probe }: HwmFacts): readonly Check[] {
  if (!clock.ok) return probe.ok ? [make.unknown('clock', clock.why)] : []
  const { ms, uncertainty } = clock.value
  const off = Math.max(0, Math.abs(ms) - uncertainty)
  if (off <= CLOCK_LIMIT_MS) return [make.ok('clock', 'agrees with the clock here')]
  const found = `${humanDuration(off)} ${ms > 0 ? 'ahead of' : 'behind'} the clock here`
  return [
    make.warn(
      'clock',
      found,
      'synchronise the clocks (chrony): logs and certificates rest on them',
    ),
  ]
}

function storeChecks(
  make: Make,
  { probe, stored }: HwmFacts,
  config: ClusterConfig,
): readonly Check[] {
  if (!stored) return []
  const mount = probe.ok ? findMount(probe.value.mounts, config.domains) : undefined
  const place = mount ? `${config.domains} (${mount.type} on ${mount.at})` : config.domains
  if (!stored.ok) {
    return [
      make.fail(
        'domain store',
        `${place}: ${stored.why}`,
        'mount it there; if it hangs, look at the storage below it (for CephFS: ceph fs status)',
      ),
    ]
  }
  const found = `${place}, XML of ${stored.value.length} VMs`
  if (!mount) return [make.unknown('domain store', found)]
  if (isCephFs(mount)) return [make.ok('domain store', found)]
  if (isShared(mount.type)) return [make.ok('domain store', found)]
  return [
    make.warn(
      'domain store',
      `${found}: no CephFS`,
      'if the HWMs do not share this folder in another way, mount CephFS there, or set domains: etcd',
    ),
  ]
}

/** File systems that several hosts can mount together. */
export function isShared(type: string): boolean {
  return /^(nfs4?|cifs|ocfs2|gfs2|fuse\.glusterfs|lustre|ceph|fuse\.ceph(-fuse)?)$/.test(type)
}
