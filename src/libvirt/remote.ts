// The observing port to libvirt (hypervisor.ts) over one RPC connection.
import type { RpcConnection } from './connection.ts'
import { LibvirtError } from './errors.ts'
import type {
  CallOptions,
  DomainEvent,
  DomainRef,
  DomainStats,
  DomainStatus,
  HostFacts,
  HostStats,
  Hypervisor,
} from './hypervisor.ts'
import {
  domainStats,
  hostStats,
  STATS_NO_WAIT,
  STATS_STATE,
  STATS_WANTED,
  versionText,
} from './stats.ts'
import type { StatsRecord } from './stats.ts'
import { connection, domains, messages } from './wire/procedures.ts'
import { eventWords } from './words.ts'

/** Filters of *list all domains*. */
const LIST_PERSISTENT = 4
const LIST_AUTOSTART = 1024
const XML_INACTIVE = 2
/** All CPUs, all memory cells together. */
const ALL = -1
const NO_SUPPORT = 3
const NO_DOMAIN = 42

/** A handle as libvirt wants it: the uuid identifies, the id is not looked at. */
export function handle(domain: DomainRef): { name: string; uuid: string; id: number } {
  return { name: domain.name, uuid: domain.uuid, id: -1 }
}

/** Whether libvirt said that it has no such domain. */
export function isNoDomain(error: unknown): boolean {
  return error instanceof LibvirtError && error.code === NO_DOMAIN
}

/** Whether libvirt's driver has no such call. */
export function isNoSupport(error: unknown): boolean {
  return error instanceof LibvirtError && error.code === NO_SUPPORT
}

export class RemoteHypervisor implements Hypervisor {
  readonly connection: RpcConnection
  readonly readOnly: boolean
  /** How many CPU and memory statistics this host has: libvirt wants to be asked for exactly as many. */
  #hostCounts: { readonly cpu: number; readonly memory: number } | undefined

  constructor(connected: RpcConnection, readOnly: boolean) {
    this.connection = connected
    this.readOnly = readOnly
  }

  get closed(): AbortSignal {
    return this.connection.closed
  }

  async facts(options?: CallOptions): Promise<HostFacts> {
    const ask = this.connection
    const [{ hostname }, library, { type }, hypervisor, node, { xml }] = await Promise.all([
      ask.call(connection.hostname, undefined, options),
      ask.call(connection.libraryVersion, undefined, options),
      ask.call(connection.type, undefined, options),
      ask.call(connection.hypervisorVersion, undefined, options),
      ask.call(connection.nodeInfo, undefined, options),
      ask.call(connection.capabilities, undefined, options),
    ])
    return {
      hostname,
      libvirtVersion: versionText(library.version),
      hypervisor: `${type} ${versionText(hypervisor.version)}`,
      cpuModel: hostCpuModel(xml) ?? node.model,
      cpus: node.cpus,
      mhz: node.mhz,
      memory: Number(node.memoryKiB) * 1024,
    }
  }

  /** One round trip (two calls side by side) after the first, which also asks how many figures there are. */
  async hostStats(options?: CallOptions): Promise<HostStats> {
    const counts = this.#hostCounts ?? (await this.#countHostStats(options))
    this.#hostCounts = counts
    const [cpu, memory] = await Promise.all([
      this.connection.call(
        connection.nodeCpuStats,
        { cpu: ALL, count: counts.cpu, flags: 0 },
        options,
      ),
      this.connection.call(
        connection.nodeMemoryStats,
        { count: counts.memory, cell: ALL, flags: 0 },
        options,
      ),
    ])
    return hostStats(cpu.params, memory.params)
  }

  async #countHostStats(options?: CallOptions): Promise<{ cpu: number; memory: number }> {
    const [cpu, memory] = await Promise.all([
      this.connection.call(connection.nodeCpuStats, { cpu: ALL, count: 0, flags: 0 }, options),
      this.connection.call(connection.nodeMemoryStats, { count: 0, cell: ALL, flags: 0 }, options),
    ])
    return { cpu: cpu.count, memory: memory.count }
  }

  /** One round trip: state, what is persistent, and what starts by itself are asked side by side. */
  async domains(options?: CallOptions): Promise<readonly DomainStatus[]> {
    const [records, persistent, autostart] = await Promise.all([
      this.#records(STATS_STATE, options),
      this.#listed(LIST_PERSISTENT, options),
      this.#listed(LIST_AUTOSTART, options),
    ])
    return records.map(record => {
      const { name, uuid, state, reason } = domainStats(record)
      return {
        name,
        uuid,
        state,
        reason,
        persistent: persistent.has(uuid),
        autostart: autostart.has(uuid),
      }
    })
  }

  async stats(options?: CallOptions): Promise<readonly DomainStats[]> {
    return (await this.#records(STATS_WANTED | STATS_NO_WAIT, options)).map(domainStats)
  }

  async #records(stats: number, options?: CallOptions): Promise<readonly StatsRecord[]> {
    const flags = stats & STATS_NO_WAIT
    const { records } = await this.connection.call(
      domains.allStats,
      { doms: [], stats: stats & ~STATS_NO_WAIT, flags },
      options,
    )
    return records
  }

  async #listed(flags: number, options?: CallOptions): Promise<ReadonlySet<string>> {
    const list = await this.connection.call(domains.listAll, { needResults: 1, flags }, options)
    return new Set(list.domains.map(domain => domain.uuid))
  }

  async xml(domain: DomainRef, which: 'live' | 'inactive', options?: CallOptions): Promise<string> {
    const flags = which === 'inactive' ? XML_INACTIVE : 0
    const { xml } = await this.connection.call(domains.xml, { dom: handle(domain), flags }, options)
    return xml
  }

  onDomainEvent(listener: (event: DomainEvent) => void): Disposable {
    return this.connection.on(messages.lifecycle, ({ dom, event, detail }) => {
      const words = eventWords(event, detail)
      if (words !== undefined) listener({ domain: { name: dom.name, uuid: dom.uuid }, ...words })
    })
  }

  /** Says goodbye so that the server frees what it holds for us, but does not wait long for its answer. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.closed.aborted)
      await this.connection.call(connection.close, undefined).catch((error: unknown) => {
        // The connection ends in any case; only that the goodbye was not answered is lost.
        if (!(error instanceof Error)) throw error
      })
    await this.connection[Symbol.asyncDispose]()
  }
}

/** The CPU's model in a host's capabilities, e.g. `EPYC-Rome`; undefined where libvirt names none. */
function hostCpuModel(capabilities: string): string | undefined {
  return /<host>[\s\S]*?<cpu>[\s\S]*?<model>([^<]+)<\/model>[\s\S]*?<\/cpu>[\s\S]*?<\/host>/.exec(
    capabilities,
  )?.[1]
}
