// libvirt's numbers for states, reasons and events, as words.
import type { InstanceState } from '../model/snapshot.ts'
import type { DomainEventKind } from './hypervisor.ts'

interface StateWords {
  readonly state: InstanceState
  /** By libvirt's reason number; 0 is *unknown*, an empty word. */
  readonly reasons: readonly string[]
}

/** By virDomainState. */
const STATES: readonly StateWords[] = [
  { state: 'unknown', reasons: [''] },
  {
    state: 'running',
    reasons: [
      '',
      'booted',
      'migrated',
      'restored',
      'from snapshot',
      'unpaused',
      'migration canceled',
      'save canceled',
      'wakeup',
      'crashed',
      'post-copy',
      'post-copy failed',
    ],
  },
  { state: 'blocked', reasons: [''] },
  {
    state: 'paused',
    reasons: [
      '',
      'user',
      'migration',
      'save',
      'dump',
      'I/O error',
      'watchdog',
      'from snapshot',
      'shutting down',
      'snapshot',
      'crashed',
      'starting up',
      'post-copy',
      'post-copy failed',
      'API error',
    ],
  },
  { state: 'shutdown', reasons: ['', 'user'] },
  {
    state: 'shutoff',
    reasons: [
      '',
      'shutdown',
      'destroyed',
      'crashed',
      'migrated',
      'saved',
      'failed',
      'from snapshot',
      'daemon',
    ],
  },
  { state: 'crashed', reasons: ['', 'panicked'] },
  { state: 'suspended', reasons: [''] },
]

/** State and reason in words. A number that is newer than this table keeps its number as the reason. */
export function stateWords(
  state: number,
  reason: number,
): { readonly state: InstanceState; readonly reason: string } {
  const words = STATES[state]
  if (words === undefined) return { state: 'unknown', reason: `state ${state}` }
  return { state: words.state, reason: words.reasons[reason] ?? `reason ${reason}` }
}

/** By virDomainEventType. */
const EVENTS: readonly { readonly kind: DomainEventKind; readonly details: readonly string[] }[] = [
  { kind: 'defined', details: ['added', 'updated', 'renamed', 'from snapshot'] },
  { kind: 'undefined', details: ['removed', 'renamed'] },
  {
    kind: 'started',
    details: ['booted', 'migrated', 'restored', 'from snapshot', 'wakeup', 'recreated'],
  },
  {
    kind: 'suspended',
    details: [
      'paused',
      'migrated',
      'I/O error',
      'watchdog',
      'restored',
      'from snapshot',
      'API error',
      'post-copy',
      'post-copy failed',
    ],
  },
  {
    kind: 'resumed',
    details: ['unpaused', 'migrated', 'from snapshot', 'post-copy', 'post-copy failed'],
  },
  {
    kind: 'stopped',
    details: [
      'shutdown',
      'destroyed',
      'crashed',
      'migrated',
      'saved',
      'failed',
      'from snapshot',
      'recreated',
    ],
  },
  { kind: 'shutdown', details: ['finished', 'guest', 'host'] },
  { kind: 'pmsuspended', details: ['memory', 'disk'] },
  { kind: 'crashed', details: ['panicked', 'crashloaded'] },
]

/** An event in words; undefined for a kind that is newer than this table (what it changed shows in the next list). */
export function eventWords(
  event: number,
  detail: number,
): { readonly kind: DomainEventKind; readonly detail: string } | undefined {
  const words = EVENTS[event]
  if (words === undefined) return undefined
  return { kind: words.kind, detail: words.details[detail] ?? `detail ${detail}` }
}
