// Where everything of a lab lies, and what it is called. Pure: other files of the lab make these things.
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { LabSpec } from './hosts.ts'

/** Parent of all labs' folders. Short: UNIX socket paths end at 107 bytes. */
export const labsFolder = process.env.YASCO_LABS ?? '/tmp/yasco-lab'

export const operatorAddress = '10.0.0.1'
export const managementAddress = '10.0.0.2'
export const sshPort = 22
export const etcdPort = 2379
export const libvirtPort = 16509
/** Where the fence device's Redfish service listens, on the management address. */
export const redfishPort = 8000

/** The watchdog as a host sees it, and the file that tells its timeout in seconds (sysfs' way). */
export const watchdogDevice = '/run/lab/watchdog'
export const watchdogTimeoutFile = '/run/lab/watchdog_timeout'

/** A UUID that depends on nothing but `words`, so that it survives reboots and re-made labs. */
export function uuidOf(...words: string[]): string {
  const hash = createHash('sha1').update(words.join('\0')).digest('hex')
  return [
    hash.slice(0, 8),
    hash.slice(8, 12),
    `5${hash.slice(13, 16)}`,
    `8${hash.slice(17, 20)}`,
    hash.slice(20, 32),
  ].join('-')
}

export interface HostLayout {
  readonly name: string
  readonly address: string
  readonly netns: string
  /** Its port on the bridge, inside the switch's namespace. */
  readonly port: string
  readonly mac: string
  /** libvirt's host UUID, and the Redfish system's. */
  readonly uuid: string
  readonly folder: string
  /** Exists while the host has its own view of the machine, that is, soon after its first process began. */
  readonly bootedFile: string
  /** "pid starttime" of the first process, numbers of the machine. */
  readonly pidFile: string
  readonly etcd: boolean
  readonly storage: 'bind' | 'fuse'
  readonly watchdog: { readonly timeout: number; readonly reboots: boolean } | undefined
  /** What the host sees as `watchdogDevice`. */
  readonly watchdogFifo: string
}

export interface LabLayout {
  readonly name: string
  readonly folder: string
  /** Seen as /srv by every host. */
  readonly shared: string
  readonly specFile: string
  readonly clusterFile: string
  readonly ssh: { readonly key: string; readonly knownHosts: string; readonly configFolder: string }
  /** Who the fence device lets in. */
  readonly deviceUser: string
  readonly devicePassword: string
  readonly hostsFile: string
  readonly logs: string
  readonly operatorNetns: string
  readonly managementNetns: string
  readonly switchNetns: string
  readonly hosts: readonly HostLayout[]
  readonly etcdEndpoints: readonly string[]
}

/** All namespaces of a lab begin with this; no name of a lab or host holds a dot. */
export function netnsPrefix(labName: string): string {
  return `yasco.${labName}.`
}

export function labFolder(labName: string): string {
  return join(labsFolder, labName)
}

export function layOut(labName: string, spec: LabSpec): LabLayout {
  const folder = labFolder(labName)
  const hosts = Object.entries(spec.hosts).map(([name, host], index): HostLayout => {
    const hostFolder = join(folder, 'hosts', name)
    return {
      name,
      address: host.address ?? '',
      netns: `${netnsPrefix(labName)}${name}`,
      port: `port${index + 1}`,
      mac: `02:79:61:73:00:${(index + 16).toString(16)}`,
      uuid: uuidOf('host', labName, name),
      folder: hostFolder,
      pidFile: join(hostFolder, 'pid'),
      bootedFile: join(hostFolder, 'booted'),
      etcd: host.etcd,
      storage: host.storage,
      watchdog: host.watchdog,
      watchdogFifo: join(hostFolder, 'watchdog'),
    }
  })
  return {
    name: labName,
    folder,
    shared: join(folder, 'srv'),
    specFile: join(folder, 'lab.json'),
    clusterFile: join(folder, 'cluster.yaml'),
    ssh: {
      key: join(folder, 'ssh', 'id_ed25519'),
      knownHosts: join(folder, 'ssh', 'known_hosts'),
      configFolder: join(folder, 'ssh', 'ssh_config.d'),
    },
    deviceUser: 'admin',
    devicePassword: join(folder, 'device-password'),
    hostsFile: join(folder, 'hosts.txt'),
    logs: join(folder, 'log'),
    operatorNetns: `${netnsPrefix(labName)}operator`,
    managementNetns: `${netnsPrefix(labName)}management`,
    switchNetns: `${netnsPrefix(labName)}switch`,
    hosts,
    etcdEndpoints: hosts
      .filter(host => host.etcd)
      .map(host => `http://${host.address}:${etcdPort}`),
  }
}
