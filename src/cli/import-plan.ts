// A cluster file from what living hosts say of themselves. Pure.
import { type ClusterConfig, DEFAULT_SETTINGS, type Hwm, type Vm } from '../model/cluster.ts'
import { NAME, VM_NAME } from '../model/names.ts'
import type { Resources } from '../model/resources.ts'

/** A domain as its host has it. */
export interface FoundDomain {
  readonly name: string
  readonly uuid: string
  readonly isRunning: boolean
  readonly autostart: boolean
  /** By its XML; undefined when that could not be read, with the reason. */
  readonly resources: Resources | undefined
  readonly problem: string
  /** What keeps it from being moved or started elsewhere, each a clause. */
  readonly obstacles: readonly string[]
}

export interface FoundHost {
  readonly uri: string
  /** As its libvirt gives it; may be fully qualified. */
  readonly hostname: string
  /** Bytes. */
  readonly memory: number
  readonly cpus: number
  readonly domains: readonly FoundDomain[]
}

/** Finer than this nobody reads an amount of memory. */
const MiB = 2 ** 20

export interface ImportChoices {
  readonly cluster: string
  readonly endpoints: readonly string[]
  /** The folder of domain XML, or `etcd`. */
  readonly domains: string
}

export interface Imported {
  readonly config: ClusterConfig
  /** What the reader of the file should know or decide, each a sentence. */
  readonly notes: readonly string[]
}

/** Makes a configuration of hosts in the order given. Every VM begins as a plain one, at home where it is. */
export function importCluster(hosts: readonly FoundHost[], choices: ImportChoices): Imported {
  const notes: string[] = []
  const names = hostNames(hosts, notes)
  const hwms = hosts.map(
    (host, index): Hwm => ({
      name: names[index] ?? '',
      libvirt: host.uri,
      capacity: { ram: Math.floor(host.memory / MiB) * MiB, cpu: host.cpus * 1000 },
      reserve: {},
      labels: {},
      fallback: true,
      maintenance: false,
      fence: [],
    }),
  )
  const config: ClusterConfig = {
    cluster: choices.cluster,
    etcd: { endpoints: choices.endpoints },
    tolerate: hosts.length > 1 ? 1 : 0,
    domains: choices.domains,
    dimensions: [],
    overcommit: {},
    settings: DEFAULT_SETTINGS,
    hwms,
    vms: importVms(hosts, names, notes),
    groups: [],
    fallbacks: [],
  }
  return { config, notes }
}

/** The host's own name without its domain; a number behind it where two have the same. */
function hostNames(hosts: readonly FoundHost[], notes: string[]): readonly string[] {
  const taken = new Set<string>()
  return hosts.map(({ hostname, uri }, index) => {
    const short = hostname.split('.')[0] ?? ''
    const wanted = NAME.test(short) && !/^\d+$/.test(short) ? short : `host${index + 1}`
    let name = wanted
    for (let number = 2; taken.has(name); number++) name = `${wanted}-${number}`
    taken.add(name)
    if (name !== short) notes.push(`${uri} calls itself '${hostname}'; here it is ${name}`)
    return name
  })
}

interface Place {
  readonly hwm: string
  readonly domain: FoundDomain
}

function importVms(
  hosts: readonly FoundHost[],
  names: readonly string[],
  notes: string[],
): readonly Vm[] {
  const places = new Map<string, Place[]>()
  for (const [index, host] of hosts.entries()) {
    for (const domain of host.domains) {
      const all = places.get(domain.name) ?? []
      places.set(domain.name, [...all, { hwm: names[index] ?? '', domain }])
    }
  }
  const vms: Vm[] = []
  for (const [name, all] of [...places].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const home = all.find(({ domain }) => domain.isRunning) ?? all[0]
    if (!home) continue
    if (!VM_NAME.test(name)) {
      notes.push(
        `the domain ${JSON.stringify(name)} on ${home.hwm} is left out: yasco takes no such name`,
      )
      continue
    }
    noteOddities(name, all, notes)
    vms.push({
      name,
      ha: false,
      home: home.hwm,
      priority: 0,
      resources: home.domain.resources ?? {},
      pinned: false,
      desired: home.domain.isRunning ? 'running' : 'stopped',
    })
  }
  return vms
}

function noteOddities(name: string, all: readonly Place[], notes: string[]): void {
  const hwms = all.map(({ hwm }) => hwm).join(', ')
  if (new Set(all.map(({ domain }) => domain.uuid)).size > 1) {
    notes.push(
      `${name} is defined on ${hwms} with different UUIDs: are they the same VM? If not, rename one`,
    )
  }
  const running = all.filter(({ domain }) => domain.isRunning)
  if (running.length > 1)
    notes.push(`${name} RUNS on ${running.map(({ hwm }) => hwm).join(' and ')} at the same time`)
  for (const { hwm, domain } of all) {
    if (domain.autostart)
      notes.push(
        `${name} is started by libvirt itself on ${hwm}: turn that off (virsh autostart --disable ${name})`,
      )
    if (domain.problem !== '')
      notes.push(
        `${name} on ${hwm}: its XML was not read (${domain.problem}), so its resources are missing`,
      )
  }
  const obstacles = [...new Set(all.flatMap(({ domain }) => domain.obstacles))]
  for (const obstacle of obstacles) notes.push(`${name} is tied to its host: ${obstacle}`)
}
