// The wider questions of inspection.ts over one RPC connection.
import type { CallOptions, DomainRef, DomainStatus } from './hypervisor.ts'
import type {
  CpuComparison,
  EmulatorQuery,
  DomainJob,
  InspectableHypervisor,
  NetworkStatus,
  NodeInfo,
  SecretRef,
  StoragePoolStatus,
  StorageVolume,
} from './inspection.ts'
import { LibvirtError } from './errors.ts'
import { domainJob } from './job.ts'
import { handle, isNoDomain, isNoSupport, RemoteHypervisor } from './remote.ts'
import { connection, domains, networks, secrets, storage } from './wire/procedures.ts'
import { stateWords } from './words.ts'

const METADATA_ELEMENT = 2
const NO_METADATA = 80
const NO_VOLUME = 50
const LIST_ACTIVE = 2
const JOB_COMPLETED = 1
const POOL_STATES = ['inactive', 'building', 'running', 'degraded', 'inaccessible'] as const
const SECRET_USAGES = ['none', 'volume', 'ceph', 'iscsi', 'tls', 'vtpm'] as const

export class RemoteInspection extends RemoteHypervisor implements InspectableHypervisor {
  async domain(uuid: string, options?: CallOptions): Promise<DomainRef | undefined> {
    try {
      const { dom } = await this.connection.call(domains.lookupByUuid, { uuid }, options)
      return { name: dom.name, uuid: dom.uuid }
    } catch (error) {
      if (isNoDomain(error)) return undefined
      throw error
    }
  }

  async domainState(
    domain: DomainRef,
    options?: CallOptions,
  ): Promise<Pick<DomainStatus, 'state' | 'reason'> | undefined> {
    try {
      const { state, reason } = await this.connection.call(
        domains.state,
        { dom: handle(domain), flags: 0 },
        options,
      )
      return stateWords(state, reason)
    } catch (error) {
      if (isNoDomain(error)) return undefined
      throw error
    }
  }

  async nodeInfo(options?: CallOptions): Promise<NodeInfo> {
    const node = await this.connection.call(connection.nodeInfo, undefined, options)
    return {
      arch: node.model,
      memory: Number(node.memoryKiB) * 1024,
      cpus: node.cpus,
      mhz: node.mhz,
      numaNodes: node.nodes,
      sockets: node.sockets,
      cores: node.cores,
      threads: node.threads,
    }
  }

  async capabilities(options?: CallOptions): Promise<string> {
    return (await this.connection.call(connection.capabilities, undefined, options)).xml
  }

  async compareCpu(
    cpuXml: string,
    query: EmulatorQuery,
    options?: CallOptions,
  ): Promise<CpuComparison> {
    const asked = { xml: cpuXml, flags: 0 }
    const mayAskHypervisor = !this.readOnly
    const result =
      (mayAskHypervisor ? await this.#compareHypervisorCpu(asked, query, options) : undefined) ??
      (await this.connection.call(connection.compareCpu, asked, options)).result
    if (result === 0) return 'incompatible'
    if (result === 1) return 'identical'
    if (result === 2) return 'superset'
    throw new LibvirtError(`libvirt could not compare the CPUs (answer ${result})`, 0, 0)
  }

  /** Undefined where the driver has no such call. */
  async #compareHypervisorCpu(
    asked: { xml: string; flags: number },
    query: EmulatorQuery,
    options?: CallOptions,
  ): Promise<number | undefined> {
    try {
      const args = { ...emulatorArgs(query), ...asked }
      return (await this.connection.call(connection.compareHypervisorCpu, args, options)).result
    } catch (error) {
      if (isNoSupport(error)) return undefined
      throw error
    }
  }

  async secrets(options?: CallOptions): Promise<readonly SecretRef[]> {
    const args = { needResults: 1, flags: 0 }
    const list = await this.connection.call(secrets.listAll, args, options)
    return list.secrets.map(secret => ({
      uuid: secret.uuid,
      usage: SECRET_USAGES[secret.usageType] ?? 'other',
      usageId: secret.usageId,
    }))
  }

  async networks(options?: CallOptions): Promise<readonly NetworkStatus[]> {
    const [all, active] = await Promise.all([
      this.connection.call(networks.listAll, { needResults: 1, flags: 0 }, options),
      this.connection.call(networks.listAll, { needResults: 1, flags: LIST_ACTIVE }, options),
    ])
    const running = new Set(active.networks.map(network => network.uuid))
    return all.networks.map(network => ({ ...network, active: running.has(network.uuid) }))
  }

  async storagePools(options?: CallOptions): Promise<readonly StoragePoolStatus[]> {
    const args = { needResults: 1, flags: 0 }
    const { pools } = await this.connection.call(storage.listPools, args, options)
    return Promise.all(
      pools.map(async pool => {
        const info = await this.connection.call(storage.poolInfo, { pool }, options)
        return {
          ...pool,
          state: POOL_STATES[info.state] ?? 'inaccessible',
          capacity: Number(info.capacity),
          allocation: Number(info.allocation),
          available: Number(info.available),
        }
      }),
    )
  }

  async storageVolumes(name: string, options?: CallOptions): Promise<readonly StorageVolume[]> {
    const { pool } = await this.connection.call(storage.lookupPool, { name }, options)
    const args = { pool, needResults: 1, flags: 0 }
    return (await this.connection.call(storage.listVolumes, args, options)).volumes
  }

  async hasVolume(path: string, options?: CallOptions): Promise<boolean> {
    try {
      await this.connection.call(storage.lookupVolumeByPath, { path }, options)
      return true
    } catch (error) {
      if (error instanceof LibvirtError && error.code === NO_VOLUME) return false
      throw error
    }
  }

  async metadata(
    domain: DomainRef,
    namespace: string,
    options?: CallOptions,
  ): Promise<string | undefined> {
    const args = { dom: handle(domain), type: METADATA_ELEMENT, uri: namespace, flags: 0 }
    try {
      return (await this.connection.call(domains.metadata, args, options)).metadata
    } catch (error) {
      if (error instanceof LibvirtError && error.code === NO_METADATA) return undefined
      throw error
    }
  }

  async hasManagedSave(domain: DomainRef, options?: CallOptions): Promise<boolean> {
    const args = { dom: handle(domain), flags: 0 }
    return (await this.connection.call(domains.hasManagedSave, args, options)).result
  }

  async job(
    domain: DomainRef,
    which: 'current' | 'last',
    options?: CallOptions,
  ): Promise<DomainJob> {
    const flags = which === 'last' ? JOB_COMPLETED : 0
    return domainJob(
      await this.connection.call(domains.jobStats, { dom: handle(domain), flags }, options),
    )
  }
}

/** As libvirt's calls take it. */
export function emulatorArgs(query: EmulatorQuery): {
  emulator: string | undefined
  arch: string | undefined
  machine: string | undefined
  virtType: string | undefined
} {
  return {
    emulator: query.emulator,
    arch: query.arch,
    machine: query.machine,
    virtType: query.virtType,
  }
}
