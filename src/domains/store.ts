// The port to the domain store: the XML of every VM by its name. A folder that all HWMs share (folder.ts), or etcd (in-etcd.ts).

export interface CallOptions {
  /** In ms; each call has a default. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

/** Errors: `DomainStoreSilent` (no answer in time: a CephFS without its MDS hangs for ever), `DomainStoreFailed`. */
export interface DomainStore {
  /** For people: `/srv/domains on quark`, `etcd`. */
  readonly name: string
  /** Names of the VMs it has XML of, sorted. */
  list(options?: CallOptions): Promise<readonly string[]>
  /** The XML, or undefined when there is none. */
  read(vm: string, options?: CallOptions): Promise<string | undefined>
  /** The XML of those of these VMs that it has any of. */
  readMany(vms: readonly string[], options?: CallOptions): Promise<ReadonlyMap<string, string>>
  /** Puts the XML in place of what was there, all of it or nothing. */
  write(vm: string, xml: string, options?: CallOptions): Promise<void>
}

/** What a script said. */
export interface ScriptResult {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/**
 * Runs a POSIX shell script on one HWM. `input` is its standard input. Rejects with `RunFailed`, or with `RunTimedOut` when it
 * does not end in time: it may hang there for ever then, and nobody waits for it.
 */
export type RunOnHwm = (
  script: string,
  options: CallOptions & {
    readonly args?: readonly string[]
    readonly input?: string
    /** It touches what can hang for ever (a CephFS): it must not keep others from being run, however many hang. */
    readonly mayHang?: boolean
  },
) => Promise<ScriptResult>

/** A script that did not end in time. */
export class RunTimedOut extends Error {
  override readonly name = 'RunTimedOut'
  constructor(place: string, timeoutMs: number) {
    super(`a script on ${place} did not end within ${timeoutMs} ms`)
  }
}

/** A script that could not be run, or was not heard to the end. */
export class RunFailed extends Error {
  override readonly name = 'RunFailed'
}

/** No answer in time. */
export class DomainStoreSilent extends Error {
  override readonly name = 'DomainStoreSilent'
  readonly store: string
  readonly timeoutMs: number
  constructor(store: string, what: string, timeoutMs: number) {
    super(`${store} gave no answer within ${timeoutMs} ms (${what}): look at the storage below it`)
    this.store = store
    this.timeoutMs = timeoutMs
  }
}

/** An answer, and not the one wanted. */
export class DomainStoreFailed extends Error {
  override readonly name = 'DomainStoreFailed'
  readonly store: string
  constructor(store: string, what: string, reason: string, options?: ErrorOptions) {
    super(`${store}: ${what} failed: ${reason}`, options)
    this.store = store
  }
}
