// Bad cables and split switches. What is wrong with the network is kept in the lab's folder, so that a host that boots
// again finds its cable as bad as it left it.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { attempt, run } from './command.ts'
import { LinkFaultUnsupported, NotInLab } from './errors.ts'
import type { HostLayout, LabLayout } from './layout.ts'
import { inNetns } from './network.ts'

/** What is wrong with a host's cable; nothing of it: it is a good one. */
export interface LinkFault {
  /** Nothing the host sends arrives anywhere. */
  readonly mute?: boolean
  /** Nothing arrives at the host. */
  readonly deaf?: boolean
  /** Share of packets lost, in each direction, 0 to 100. */
  readonly lossPercent?: number
  /** Added to every packet in each direction. Needs the kernel's sch_netem. */
  readonly delayMs?: number
}

interface NetworkFaults {
  links: Record<string, LinkFault>
  /** Groups of members that hear only each other. Who is in none is in a group with the others that are in none. */
  groups: string[][]
}

function faultsFile(layout: LabLayout): string {
  return join(layout.folder, 'network.json')
}

function readFaults(layout: LabLayout): NetworkFaults {
  const file = faultsFile(layout)
  return existsSync(file)
    ? (JSON.parse(readFileSync(file, 'utf8')) as NetworkFaults)
    : { links: {}, groups: [] }
}

function writeFaults(layout: LabLayout, faults: NetworkFaults): void {
  writeFileSync(faultsFile(layout), JSON.stringify(faults))
}

function portOf(layout: LabLayout, member: string): string {
  if (member === 'operator' || member === 'management') return member
  const host = layout.hosts.find(each => each.name === member)
  if (!host) throw new NotInLab(layout.name, member)
  return host.port
}

/** Name of the bridge this member's port belongs to now. */
function bridgeOf(faults: NetworkFaults, member: string): string {
  return `br${faults.groups.findIndex(group => group.includes(member)) + 1}`
}

/** Moves every port to the bridge of its group. */
async function regroup(layout: LabLayout, faults: NetworkFaults, members: string[]): Promise<void> {
  const bridges = faults.groups.map((_, index) => `br${index + 1}`)
  const script = [
    ...bridges.map(
      name => `ip link add ${name} type bridge stp_state 0 mcast_snooping 0 2>/dev/null`,
    ),
    ...bridges.map(name => `ip link set ${name} up`),
    ...members.map(
      member => `ip link set ${portOf(layout, member)} master ${bridgeOf(faults, member)}`,
    ),
    'true',
  ]
  await run([...inNetns(layout.switchNetns), 'sh', '-c', script.join('\n')])
}

/** Packets are dropped in the switch, where the host cannot see why. */
async function applyDrops(layout: LabLayout, faults: NetworkFaults): Promise<void> {
  const rules = Object.entries(faults.links).flatMap(([name, fault]) => {
    const port = portOf(layout, name)
    const lossy = `numgen random mod 1000 < ${Math.round((fault.lossPercent ?? 0) * 10)} drop`
    return [
      ...(fault.mute ? [`add rule bridge lab from iifname "${port}" drop`] : []),
      ...(fault.deaf ? [`add rule bridge lab to oifname "${port}" drop`] : []),
      ...(fault.lossPercent ? [`add rule bridge lab from iifname "${port}" ${lossy}`] : []),
      ...(fault.lossPercent ? [`add rule bridge lab to oifname "${port}" ${lossy}`] : []),
    ]
  })
  const ruleset = [
    'add table bridge lab',
    'delete table bridge lab',
    'add table bridge lab',
    'add chain bridge lab from { type filter hook prerouting priority -300; }',
    'add chain bridge lab to { type filter hook postrouting priority 300; }',
    ...rules,
  ]
  await run([...inNetns(layout.switchNetns), 'nft', '-f', '-'], {
    input: `${ruleset.join('\n')}\n`,
  })
}

async function applyDelay(layout: LabLayout, host: HostLayout, fault: LinkFault): Promise<void> {
  const ends = [
    { netns: layout.switchNetns, device: host.port },
    { netns: host.netns, device: 'eth0' },
  ]
  for (const { netns, device } of ends) {
    const qdisc = [...inNetns(netns), 'tc', 'qdisc']
    if (!fault.delayMs) {
      await attempt([...qdisc, 'del', 'dev', device, 'root'])
      continue
    }
    const netem = ['root', 'netem', 'delay', `${fault.delayMs}ms`]
    const done = await attempt([...qdisc, 'replace', 'dev', device, ...netem])
    if (done.status !== 0) throw new LinkFaultUnsupported('delay packets', done.stderr.trim())
  }
}

/** Makes a host's cable as bad as `fault` says; `{}` makes it good. Throws `LinkFaultUnsupported`. */
export async function setLinkFault(layout: LabLayout, host: HostLayout, fault: LinkFault) {
  const faults = readFaults(layout)
  if (fault.delayMs || faults.links[host.name]?.delayMs) await applyDelay(layout, host, fault)
  faults.links[host.name] = fault
  await applyDrops(layout, faults)
  writeFaults(layout, faults)
}

/**
 * Splits the network: members of a group (hosts, `operator`, `management`) hear only each other, and so do all that are in no
 * group. No groups: whole again. `up` names the hosts that have power, and so a port.
 */
export async function partition(layout: LabLayout, groups: string[][], up: readonly string[]) {
  const faults = { ...readFaults(layout), groups }
  groups.flat().forEach(member => portOf(layout, member))
  await regroup(layout, faults, ['operator', 'management', ...up])
  writeFaults(layout, faults)
}

/** Gives the new port of a host that boots what the old one had. */
export async function restoreLink(layout: LabLayout, host: HostLayout): Promise<void> {
  const faults = readFaults(layout)
  if (faults.groups.length > 0) await regroup(layout, faults, [host.name])
  const fault = faults.links[host.name]
  if (fault?.delayMs) await applyDelay(layout, host, fault)
}
