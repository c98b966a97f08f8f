// Cables and the switch: one network namespace per host, one for the operator, one for the management devices, and one
// that holds nothing but bridges. All ends of all cables lie inside namespaces: no packet meets the machine's own network.
import { readdirSync, statSync } from 'node:fs'
import { attempt, run } from './command.ts'
import type { HostLayout, LabLayout } from './layout.ts'
import { managementAddress, netnsPrefix, operatorAddress } from './layout.ts'
import { until } from './processes.ts'

const bridge = 'br0'
const namespacesFolder = '/run/netns'

/** `ip` with many commands at once, in one namespace or, without one, in the machine's. */
async function ip(netns: string | undefined, lines: readonly string[]): Promise<void> {
  const where = netns === undefined ? [] : ['-n', netns]
  await run(['ip', ...where, '-batch', '-'], { input: `${lines.join('\n')}\n` })
}

/** Command line that runs what follows it in a network namespace. */
export function inNetns(netns: string): [string, ...string[]] {
  return ['nsenter', `--net=${namespacesFolder}/${netns}`, '--']
}

function cable(layout: LabLayout, netns: string, port: string, mac: string): string {
  return `link add eth0 netns ${netns} address ${mac} type veth peer name ${port} netns ${layout.switchNetns}`
}

async function addressEnd(netns: string, address: string): Promise<void> {
  await ip(netns, [
    'link set lo up',
    `address add ${address}/24 brd + dev eth0 nodad`,
    'link set eth0 up',
  ])
}

/** The switch, the operator's place and the management network: what is there without any host. */
export async function makeNetwork(layout: LabLayout): Promise<void> {
  await ip(undefined, [
    `netns add ${layout.switchNetns}`,
    `netns add ${layout.operatorNetns}`,
    `netns add ${layout.managementNetns}`,
    cable(layout, layout.operatorNetns, 'operator', '02:79:61:73:00:01'),
    cable(layout, layout.managementNetns, 'management', '02:79:61:73:00:02'),
  ])
  await Promise.all([
    ip(layout.switchNetns, [
      `link add ${bridge} type bridge stp_state 0 mcast_snooping 0`,
      `link set ${bridge} up`,
      `link set operator master ${bridge} up`,
      `link set management master ${bridge} up`,
    ]),
    addressEnd(layout.operatorNetns, operatorAddress),
    addressEnd(layout.managementNetns, managementAddress),
  ])
}

/** A fresh namespace for a host that is about to boot, with its cable in the switch, or not. */
export async function plugIn(layout: LabLayout, host: HostLayout, connected: boolean) {
  await ip(undefined, [`netns add ${host.netns}`, cable(layout, host.netns, host.port, host.mac)])
  await Promise.all([
    addressEnd(host.netns, host.address),
    ip(layout.switchNetns, [
      `link set ${host.port} master ${bridge}`,
      `link set ${host.port} ${connected ? 'up' : 'down'}`,
    ]),
  ])
}

/** Takes the switch's side of a host's cable down or up: what a pulled plug is. */
export async function setLink(layout: LabLayout, host: HostLayout, state: 'up' | 'down') {
  await ip(layout.switchNetns, [`link set ${host.port} ${state}`])
}

/**
 * Removes a dead host's end of the network. The namespace goes too: its half-closed connections would otherwise speak again
 * after the next boot, as no real machine's do.
 */
export async function unplug(layout: LabLayout, host: HostLayout): Promise<void> {
  await attempt(['ip', '-n', layout.switchNetns, 'link', 'del', host.port])
  await attempt(['ip', 'netns', 'del', host.netns])
}

/** Names of the namespaces a lab of this name has now. */
export function namespacesOf(labName: string): string[] {
  try {
    return readdirSync(namespacesFolder).filter(name => name.startsWith(netnsPrefix(labName)))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** The kernel's names of those namespaces (`net:[4026532281]`), as /proc/PID/ns shows them. */
export function netnsIds(labName: string): Map<string, string> {
  const ids = new Map<string, string>()
  for (const name of namespacesOf(labName)) {
    // One that is removed between the two looks has no processes either.
    const found = statSync(`${namespacesFolder}/${name}`, { throwIfNoEntry: false })
    if (found) ids.set(`net:[${found.ino}]`, name)
  }
  return ids
}

/** Removes all namespaces of a lab; processes in them must be dead. */
export async function removeNetwork(labName: string): Promise<void> {
  await until(`the namespaces of lab '${labName}' to go`, async () => {
    const names = namespacesOf(labName)
    const commands = names.map(name => `netns del ${name}\n`)
    if (names.length > 0)
      await attempt(['ip', '-force', '-batch', '-'], { input: commands.join('') })
    return names.length === 0
  })
}
