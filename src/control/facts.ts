// What is true of one VM, as far as it was asked: its permit in etcd, and what each HWM concerned says of it.
// Decisions rest on these alone, looked at anew after every action; nothing is concluded from what an earlier conductor meant to do.

/** The right of one HWM to run one VM (`permits/<vm>`). It moves only when its holder is gone or proved dead. */
export interface Permit {
  readonly node: string
  readonly epoch: number
}

/**
 * One VM at one HWM.
 * `absent`: libvirt does not know it. `off`: defined, not running. `held`: paused with all of its state there, it could be resumed.
 * `incoming`: paused, still waiting for a migration's data. `crashed`: its process may be there, its CPUs do not run.
 */
export type DomainFact = 'absent' | 'off' | 'running' | 'held' | 'incoming' | 'crashed'

/**
 * Not known: that HWM gave no answer, or for `why` could not be asked; anything may be true there.
 * `process`: its QEMU by pid and start time in /proc; `unseen` where there is no way to look (TCP, TLS), and libvirt's word is all there is.
 * `ownAccord`: it is off because the guest shut itself down.
 */
export type End =
  | { readonly known: false; readonly why?: string }
  | {
      readonly known: true
      readonly domain: DomainFact
      readonly process: 'gone' | 'there' | 'unseen'
      readonly ownAccord: boolean
    }

export const UNKNOWN: End = { known: false }

export interface VmFacts {
  readonly permit: Permit | undefined
  /** Every HWM the step concerns, by name. One that is missing counts as unknown. */
  readonly ends: Readonly<Record<string, End>>
  /** HWMs proved dead, with the proof's id. The proof covers every QEMU that HWM ever started before it. */
  readonly proofs: Readonly<Record<string, string>>
  /** HWMs beside those in `ends` where the VM was seen active. */
  readonly elsewhere: readonly string[]
  /** HWMs that were found ready for it (XML and its hash, emulator, networks, secrets, disks), or why they are not. */
  readonly ready: Readonly<Record<string, 'ready' | { readonly refused: string }>>
  /** HWMs that can no longer write to the shared storage; `undefined` where the cluster has no such barrier. */
  readonly barred: readonly string[] | undefined
  /** Why nobody can be asked for it: all who could say so answered, and none knows its uuid. */
  readonly unidentified?: string
}

/** What an action itself showed to be true now; the rest is as it was looked at before. */
export interface Learned {
  readonly permit?: Permit
  readonly ends?: Readonly<Record<string, End>>
  readonly ready?: VmFacts['ready']
  readonly barred?: readonly string[]
}

export function withLearned(facts: VmFacts, learned: Learned): VmFacts {
  return {
    ...facts,
    ...(learned.permit && { permit: learned.permit }),
    ...(learned.barred && { barred: learned.barred }),
    ends: { ...facts.ends, ...learned.ends },
    ready: { ...facts.ready, ...learned.ready },
  }
}

export function endOf(facts: VmFacts, hwm: string): End {
  return facts.ends[hwm] ?? UNKNOWN
}

/** No QEMU of the VM exists there: libvirt says so, and so does /proc wherever one can look. */
export function isGone(end: End): boolean {
  return end.known && (end.domain === 'absent' || end.domain === 'off') && end.process !== 'there'
}

/**
 * Its CPUs can never run there again without a new start: seen gone, or the whole HWM proved dead.
 * An HWM that answers is asked; a proof speaks only for one that is silent.
 */
export function isOver(facts: VmFacts, hwm: string): boolean {
  const end = endOf(facts, hwm)
  return end.known ? isGone(end) : facts.proofs[hwm] !== undefined
}
