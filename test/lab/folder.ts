// Makes a lab's folder: keys, settings of every service of every host, disks and domain XML of the guests.
import { randomBytes } from 'node:crypto'
import { chmodSync, lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { guestDisk } from './boot-sector.ts'
import { clusterFile } from './cluster-file.ts'
import { run } from './command.ts'
import { domainsFolder, domainXml, imagesFolder, serialFolder } from './domain-xml.ts'
import { LabUnavailable } from './errors.ts'
import type { LabSpec } from './hosts.ts'
import type { HostLayout, LabLayout } from './layout.ts'
import { labsFolder, libvirtPort, managementAddress, operatorAddress, sshPort } from './layout.ts'

/** Paths of the machine that a host sees its own of; each lies in the host's folder under the same name. */
const ownFolders = [
  '/etc/libvirt/qemu',
  '/var/lib/libvirt',
  '/var/cache/libvirt',
  '/var/log/libvirt',
]

function write(path: string, lines: readonly string[], mode = 0o644): void {
  writeFileSync(path, `${lines.join('\n')}\n`, { mode })
}

/** The parent of all labs, root's alone: what lies there is run by root. */
function makeLabsFolder(): void {
  mkdirSync(labsFolder, { recursive: true, mode: 0o755 })
  const found = lstatSync(labsFolder)
  if (!found.isDirectory() || found.uid !== 0 || (found.mode & 0o022) !== 0) {
    throw new LabUnavailable(
      `${labsFolder} is not a folder that only root can write to; remove it, or name another in YASCO_LABS.`,
    )
  }
}

/** The host's end of its watchdog; watchdog.ts holds the other. */
async function makeWatchdog(host: HostLayout): Promise<void> {
  if (!host.watchdog) return
  await run(['mkfifo', host.watchdogFifo])
  write(`${host.watchdogFifo}_timeout`, [String(host.watchdog.timeout)])
}

async function makeKeys(layout: LabLayout): Promise<void> {
  mkdirSync(layout.ssh.configFolder, { recursive: true })
  const keys = [
    { file: layout.ssh.key, comment: `operator@${layout.name}` },
    ...layout.hosts.map(host => ({ file: hostKeyFile(host), comment: host.name })),
  ]
  await Promise.all(keys.map(({ file, comment }) => makeKey(file, comment)))
  writeKnownHosts(layout)
  write(join(layout.ssh.configFolder, 'lab.conf'), [
    'Host *',
    '  User root',
    `  IdentityFile ${layout.ssh.key}`,
    `  UserKnownHostsFile ${layout.ssh.knownHosts}`,
    '  StrictHostKeyChecking yes',
    '  ConnectTimeout 5',
  ])
}

export function hostKeyFile(host: HostLayout): string {
  return join(host.folder, 'ssh_host_ed25519_key')
}

export async function makeKey(file: string, comment: string): Promise<void> {
  rmSync(file, { force: true })
  rmSync(`${file}.pub`, { force: true })
  await run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', file])
}

/** Writes known_hosts anew from the hosts' present keys, under their names and addresses. */
function writeKnownHosts(layout: LabLayout): void {
  write(
    layout.ssh.knownHosts,
    layout.hosts.map(host => {
      const [type, key] = readFileSync(`${hostKeyFile(host)}.pub`, 'utf8').split(' ')
      return `${host.name},${host.address} ${type} ${key}`
    }),
  )
}

function makeHost(layout: LabLayout, host: HostLayout): void {
  for (const path of ownFolders) mkdirSync(join(host.folder, path), { recursive: true })
  mkdirSync(join(host.folder, 'log'))
  mkdirSync(join(host.folder, 'etcd'), { mode: 0o700 })
  const members = layout.hosts.filter(each => each.etcd)
  write(join(host.folder, 'host.env'), [
    `NAME=${host.name}`,
    `ADDRESS=${host.address}`,
    `LAB=${layout.folder}`,
    `LAB_NAME=${layout.name}`,
    `SHARED=${layout.shared}`,
    `STORAGE=${host.storage}`,
    `MORE_SERVICES="${host.etcd ? 'etcd' : ''}"`,
    `ETCD_CLUSTER=${members.map(each => `${each.name}=http://${each.address}:2380`).join(',')}`,
  ])
  write(join(host.folder, 'uuid'), [host.uuid])
  write(join(host.folder, 'etc/libvirt/libvirtd.conf'), [
    'listen_tls = 0',
    'listen_tcp = 1',
    `tcp_port = "${libvirtPort}"`,
    'auth_tcp = "none"',
    'auth_unix_ro = "none"',
    'auth_unix_rw = "none"',
    `host_uuid = "${host.uuid}"`,
    'log_outputs = "2:stderr"',
  ])
  write(join(host.folder, 'etc/libvirt/qemu.conf'), [
    'user = "root"',
    'group = "root"',
    'security_driver = "none"',
    'namespaces = []',
    'cgroup_controllers = []',
    'remember_owner = 0',
    'stdio_handler = "file"',
    `migration_host = "${host.address}"`,
  ])
  write(join(host.folder, 'sshd_config'), [
    `Port ${sshPort}`,
    `HostKey ${hostKeyFile(host)}`,
    'PidFile none',
    'UsePAM no',
    'UseDNS no',
    'StrictModes no',
    'PermitRootLogin prohibit-password',
    'PasswordAuthentication no',
    'PubkeyAuthentication yes',
    `AuthorizedKeysFile ${layout.ssh.key}.pub`,
    'AllowStreamLocalForwarding yes',
    'AllowTcpForwarding yes',
    'MaxStartups 200',
    'MaxSessions 200',
    'Subsystem sftp internal-sftp',
  ])
}

function makeGuests(layout: LabLayout, spec: LabSpec): void {
  for (const folder of [imagesFolder, serialFolder, domainsFolder]) {
    mkdirSync(join(layout.shared, folder), { recursive: true })
  }
  for (const [vm, guest] of Object.entries(spec.vms)) {
    writeFileSync(join(layout.shared, imagesFolder, `${vm}.img`), guestDisk(guest))
    writeFileSync(join(layout.shared, domainsFolder, `${vm}.xml`), domainXml(layout.name, vm))
  }
}

/** Makes the whole folder of a lab that does not exist yet. */
export async function makeFolder(layout: LabLayout, spec: LabSpec): Promise<void> {
  makeLabsFolder()
  for (const folder of [layout.folder, layout.logs, layout.shared]) mkdirSync(folder)
  write(layout.specFile, [JSON.stringify(spec, undefined, 2)])
  write(layout.hostsFile, [
    '127.0.0.1 localhost',
    ...layout.hosts.map(host => `${host.address} ${host.name}`),
    `${operatorAddress} operator`,
    `${managementAddress} management`,
  ])
  write(layout.devicePassword, [randomBytes(9).toString('base64url')], 0o600)
  const shadow = join(layout.folder, 'shadow')
  write(shadow, ['root:*:19000:0:99999:7:::', 'sshd:!:19000::::::'])
  chmodSync(shadow, 0o640)
  for (const host of layout.hosts) makeHost(layout, host)
  await Promise.all([makeKeys(layout), ...layout.hosts.map(makeWatchdog)])
  makeGuests(layout, spec)
  write(layout.clusterFile, [clusterFile(layout, spec).trimEnd()])
}
