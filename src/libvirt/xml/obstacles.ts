// What ties a domain to its host: reasons why it cannot be moved while it runs, or not be started elsewhere.
import { posix } from 'node:path'
import type { DiskDescription, DomainDescription } from './description.ts'

export interface MigrationObstacle {
  /** `live`: a running VM cannot be moved. `restart`: it cannot be started elsewhere, or not as it was. `both`. */
  readonly stops: 'live' | 'restart' | 'both'
  /** The part of the domain: `disk vda`. */
  readonly what: string
  /** One clause for people. */
  readonly why: string
}

/** What all hosts of the cluster see alike. */
export interface SharedStorage {
  /** Folders and devices, e.g. `/srv`, `/dev/mapper`. */
  readonly paths: readonly string[]
  /** libvirt storage pools that lie on shared storage. */
  readonly pools?: readonly string[]
}

/** Network disks are taken to be reachable from everywhere. Whether CPUs and networks fit is the preflight's to ask. */
export function migrationObstacles(
  domain: DomainDescription,
  shared: SharedStorage,
): readonly MigrationObstacle[] {
  const isShared = (path: string) => shared.paths.some(folder => isUnder(path, folder))
  const found: MigrationObstacle[] = []
  const add = (stops: MigrationObstacle['stops'], what: string, why: string) =>
    found.push({ stops, what, why })

  for (const disk of domain.disks) {
    const why = localDisk(disk, isShared, shared.pools ?? [])
    if (why !== undefined) add('both', `${disk.device} ${disk.target}`, why)
  }
  for (const device of domain.hostDevices)
    add('both', `hostdev ${device.type} ${device.source}`, 'a device of the host is passed through')
  for (const face of domain.interfaces) {
    const name = `interface ${face.mac ?? face.type}`
    if (face.type === 'hostdev') add('both', name, 'a network card of the host is passed through')
    if (face.type === 'vhostuser')
      add('live', name, `it needs the host's own socket ${face.source ?? ''}`)
  }
  for (const { source = '', target = '', driver } of domain.filesystems)
    add(
      source !== '' && isShared(source) ? 'live' : 'both',
      `filesystem ${target}`,
      `the host's folder ${source} is passed through (${driver ?? '9p'})`,
    )
  for (const tpm of domain.tpms) {
    if (tpm.backend === 'passthrough') add('both', 'tpm', "the host's TPM is passed through")
    else if (tpm.backend === 'emulator')
      add('restart', 'tpm', 'its state lies on the host; started elsewhere its TPM is empty')
  }
  const { nvram, kernel, initrd } = domain.boot
  if (nvram && !nvram.network && (nvram.path === undefined || !isShared(nvram.path)))
    add(
      'restart',
      'nvram',
      `${nvram.path ?? 'it'} lies on the host; started elsewhere its boot entries are lost`,
    )
  for (const [what, path] of Object.entries({ kernel, initrd }))
    if (path !== undefined && !isShared(path)) add('both', what, `${path} lies on the host`)
  for (const serial of domain.serials)
    if (serial.type === 'dev')
      add('both', 'serial', `it is the host's own ${serial.path ?? 'port'}`)
  for (const name of domain.sharedMemory)
    add('live', `shmem ${name}`, 'it shares memory with others on its host')
  if (domain.cpu.migratable === false)
    add('live', 'cpu', "host-passthrough with migratable='off' cannot be moved while it runs")
  if (domain.cpu.features.some(it => it.name === 'invtsc' && it.policy !== 'disable'))
    add('live', 'cpu', 'the feature invtsc cannot be moved while it runs')
  return found
}

/** Why a disk is only on its host; undefined when it is not, or the drive is empty. */
function localDisk(
  { source }: DiskDescription,
  isShared: (path: string) => boolean,
  pools: readonly string[],
): string | undefined {
  switch (source?.kind) {
    case undefined:
    case 'network':
      return undefined
    case 'volume':
      return pools.includes(source.pool)
        ? undefined
        : `volume ${source.volume} is in pool ${source.pool}, which is not known to be shared`
    case 'other':
      return `its source is of type ${source.type}, which belongs to the host`
    case 'block':
      return isShared(source.path) ? undefined : `${source.path} is a device of the host`
    case 'file':
    case 'dir':
    case 'vhostuser':
      return isShared(source.path) ? undefined : `${source.path} is not on shared storage`
  }
}

function isUnder(path: string, folder: string): boolean {
  const [inner, outer] = [posix.normalize(path), posix.normalize(folder).replace(/\/$/, '')]
  return inner === outer || inner.startsWith(`${outer}/`)
}
