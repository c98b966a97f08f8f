// libvirt's open lists of named numbers (statistics of domains and of the host) into this program's own facts.
import type { DomainStats, HostStats } from './hypervisor.ts'
import type { TypedParameter } from './wire/shapes.ts'
import { stateWords } from './words.ts'

/** Groups of statistics asked for: state 1, cpu 2, balloon 4, vcpu 8, network 16, block 32. */
export const STATS_WANTED = 1 | 2 | 4 | 8 | 16 | 32
/** State alone. */
export const STATS_STATE = 1
/** A domain whose monitor is busy gives what can be had without it, so that one stuck guest does not hold up the rest. */
export const STATS_NO_WAIT = 1 << 29

export interface StatsRecord {
  readonly dom: { readonly name: string; readonly uuid: string }
  readonly params: readonly TypedParameter[]
}

const KIB = 1024

/** One domain's record. Sums are over all its interfaces and disks. */
export function domainStats({ dom, params }: StatsRecord): DomainStats {
  const one = new Map<string, number>()
  let rx = 0
  let tx = 0
  let read = 0
  let written = 0
  for (const { field, value } of params) {
    const amount = amountOf(value)
    if (amount === undefined) continue
    if (field.startsWith('net.')) {
      if (field.endsWith('.rx.bytes')) rx += amount
      else if (field.endsWith('.tx.bytes')) tx += amount
    } else if (field.startsWith('block.')) {
      if (field.endsWith('.rd.bytes')) read += amount
      else if (field.endsWith('.wr.bytes')) written += amount
    } else one.set(field, amount)
  }
  const bytes = (field: string): number | undefined => {
    const kib = one.get(field)
    return kib === undefined ? undefined : kib * KIB
  }
  return {
    name: dom.name,
    uuid: dom.uuid,
    ...stateWords(one.get('state.state') ?? 0, one.get('state.reason') ?? 0),
    cpuTime: one.get('cpu.time'),
    vcpus: one.get('vcpu.current'),
    balloonCurrent: bytes('balloon.current'),
    balloonMaximum: bytes('balloon.maximum'),
    rss: bytes('balloon.rss'),
    rx,
    tx,
    read,
    written,
  }
}

/** Numbers only. Counters above 2^53 lose their last digits, which no rate can show. */
function amountOf(value: TypedParameter['value']): number | undefined {
  switch (value.kind) {
    case 'llong':
    case 'ullong':
      return Number(value.value)
    case 'int':
    case 'uint':
    case 'double':
      return value.value
    case 'boolean':
      return value.value ? 1 : 0
    case 'string':
      return undefined
  }
}

type NodeStats = readonly { readonly field: string; readonly value: bigint }[]

/**
 * The host's counters. *Busy* is all that is not idle nor waiting for disks. *Free* counts buffers and page cache, as the kernel gives
 * them back when asked: without them every host that ever read a disk would look full.
 */
export function hostStats(cpu: NodeStats, memory: NodeStats): HostStats {
  const read = (stats: NodeStats, field: string): number =>
    Number(stats.find(stat => stat.field === field)?.value ?? 0n)
  const freeKib = read(memory, 'free') + read(memory, 'buffers') + read(memory, 'cached')
  return {
    cpuBusy: read(cpu, 'kernel') + read(cpu, 'user') + read(cpu, 'intr'),
    cpuIdle: read(cpu, 'idle') + read(cpu, 'iowait'),
    memoryTotal: read(memory, 'total') * KIB,
    memoryFree: freeKib * KIB,
  }
}

/** libvirt packs a version into one number: 9.0.0 is 9000000. */
export function versionText(packed: bigint): string {
  const number = Number(packed)
  return `${Math.floor(number / 1_000_000)}.${Math.floor(number / 1000) % 1000}.${number % 1000}`
}
