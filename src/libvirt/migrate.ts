// A managed live migration from begin to confirm, with the clean-up that each failure needs. It ends paused at the destination; the permit
// and the resume are the caller's (SAFETY.md, *Moving a running VM*). Nothing here resumes the source while the destination may have the guest.
import { realClock } from '../model/clock.ts'
import type { Clock } from '../model/clock.ts'
import type { DomainRef } from './hypervisor.ts'
import type { DomainJob } from './inspection.ts'
import type { Machine } from './machine.ts'
import type { Begun, Cookie, MigrationSettings, Prepared, Settled } from './migration.ts'

export type MigrationPhase =
  | 'begin'
  | 'prepare'
  | 'perform'
  | 'finish'
  | 'confirm'
  | 'abandon'
  | 'roll back'

/** What is asked of each end. */
type MigrationSource = Pick<
  Machine,
  'migrationBegin' | 'migrationPerform' | 'migrationConfirm' | 'migrationRollBack' | 'domainState'
>
type MigrationDestination = Pick<
  Machine,
  'migrationPrepare' | 'migrationFinish' | 'migrationAbandon'
>
type MigrationWatcher = Pick<Machine, 'abortJob' | 'job'>

/** The guest's memory was not over within its time; the guest stayed where it was. */
export class MigrationTooSlow extends Error {
  override readonly name = 'MigrationTooSlow'
  readonly domain: string
  readonly limitMs: number
  constructor(domain: string, limitMs: number) {
    super(
      `${domain} was not copied within ${limitMs} ms; allow more time or bandwidth, or let it be slowed down (auto-converge)`,
    )
    this.domain = domain
    this.limitMs = limitMs
  }
}

export interface ManagedMigration {
  readonly domain: DomainRef
  readonly source: MigrationSource
  readonly destination: MigrationDestination
  /** Another connection to the source: progress and abort do not queue behind *perform* there. */
  readonly watcher: MigrationWatcher
  readonly settings: MigrationSettings
  /** For copying the guest, in ms; then the job is aborted and the guest stays where it was. */
  readonly copyLimitMs: number
  /** Written down before each phase begins. When this fails, the migration is taken back as far as that is safe. */
  readonly before?: (phase: MigrationPhase) => Promise<void>
  /** Told when `before` fails while clearing up, which goes on: what is cleared up is safer than what is only written down. */
  readonly unwritten?: (phase: MigrationPhase, error: Error) => void
  /**
   * Asked when *confirm* is sent: resolves with true as soon as the source's QEMU was seen to have vanished, with false when it was not.
   * libvirt looks only every 200 ms whether a QEMU that it ends is gone, and its guest stands still at the destination meanwhile.
   */
  readonly sourceVanished?: () => Promise<boolean>
  readonly progress?: (job: DomainJob) => void
  /** Between two looks at the progress, in ms. */
  readonly progressMs?: number
  /** Aborts the copying; later phases are not left half done. */
  readonly signal?: AbortSignal
  readonly clock?: Clock
}

/**
 * `arrived`: paused at the destination; the source's QEMU was told to end (`source: 'gone'`), or was seen to have vanished while libvirt has
 * yet to say so (`'vanished'`; `confirmed` resolves when it has, and the connection must live until then), or nobody knows whether it did.
 * `stayed`: the guest runs at the source as before; `leftover`: something of it may wait at the destination, never having run.
 * `unknown`: it may be complete at the destination; the source's copy is paused, and stays so.
 */
export type ManagedResult =
  | {
      readonly outcome: 'arrived'
      readonly domain: DomainRef
      readonly source: 'gone' | 'unknown'
      readonly error?: Error
    }
  | {
      readonly outcome: 'arrived'
      readonly domain: DomainRef
      readonly source: 'vanished'
      readonly confirmed: Promise<Settled>
    }
  | { readonly outcome: 'stayed'; readonly error: Error; readonly leftover: boolean }
  | { readonly outcome: 'unknown'; readonly phase: MigrationPhase; readonly error: Error }

const NO_COOKIE: Cookie = new Uint8Array()
const PROGRESS_MS = 500
/** How long the source has to end a job after it was told to. */
const ABORT_LIMIT_MS = 30_000

export async function migrateManaged(move: ManagedMigration): Promise<ManagedResult> {
  const { domain, source, destination, settings } = move
  let begun: Begun
  try {
    move.signal?.throwIfAborted()
    await move.before?.('begin')
    begun = await source.migrationBegin(domain, settings)
  } catch (error) {
    // No answer to begin: the source keeps its protection for a lost connection until it notices that; its guest runs on in any case.
    return { outcome: 'stayed', error: asError(error), leftover: false }
  }

  let prepared: Prepared
  try {
    await move.before?.('prepare')
    prepared = await destination.migrationPrepare(domain, settings, begun)
  } catch (error) {
    return takeBack(move, asError(error))
  }

  let cookie: Cookie
  try {
    await move.before?.('perform')
    cookie = await copy(move, prepared)
  } catch (error) {
    return takeBack(move, asError(error))
  }

  try {
    await move.before?.('finish')
  } catch (error) {
    return takeBack(move, asError(error))
  }
  const finished = await destination.migrationFinish(domain, settings, cookie)
  if (finished.outcome === 'unknown')
    return { outcome: 'unknown', phase: 'finish', error: finished.error }
  if (finished.outcome === 'failed') return takeBack(move, finished.error)

  try {
    await move.before?.('confirm')
  } catch (error) {
    return { outcome: 'unknown', phase: 'confirm', error: asError(error) }
  }
  const confirming = source.migrationConfirm(domain, settings, finished.cookie)
  const vanished = move.sourceVanished?.() ?? Promise.resolve(false)
  const isVanished = await Promise.race([
    confirming.then(() => false),
    vanished.then(async isGone => isGone || (await confirming.then(() => false))),
  ])
  if (isVanished)
    return {
      outcome: 'arrived',
      domain: finished.domain,
      source: 'vanished',
      confirmed: confirming,
    }
  const confirmed = await confirming
  return confirmed.outcome === 'done'
    ? { outcome: 'arrived', domain: finished.domain, source: 'gone' }
    : {
        outcome: 'arrived',
        domain: finished.domain,
        source: 'unknown',
        error: confirmed.error,
      }
}

/** Runs *perform* to its own end: whoever cancels, or the time limit, aborts the job and then still hears how it ended. */
async function copy(move: ManagedMigration, prepared: Prepared): Promise<Cookie> {
  const { domain, source, settings, copyLimitMs } = move
  const clock = move.clock ?? realClock
  const over = new AbortController()
  let why: Error | undefined
  const abort = (reason: Error): void => {
    if (why !== undefined) return
    why = reason
    // If the abort itself fails, perform's own end or time limit tells.
    move.watcher.abortJob(domain).catch(() => undefined)
  }
  const cancelled = (): void => abort(asError(move.signal?.reason))
  const limit = clock.after(copyLimitMs, () =>
    abort(new MigrationTooSlow(domain.name, copyLimitMs)),
  )
  move.signal?.addEventListener('abort', cancelled, { once: true })
  if (move.signal?.aborted === true) cancelled()
  const watching = watch(move, clock, over.signal)
  try {
    return await source.migrationPerform(domain, settings, prepared, {
      timeoutMs: copyLimitMs + ABORT_LIMIT_MS,
    })
  } catch (error) {
    throw why ?? error
  } finally {
    over.abort()
    limit[Symbol.dispose]()
    move.signal?.removeEventListener('abort', cancelled)
    await watching
  }
}

/** Tells the progress until the copying is over. A look that fails tells nothing; the next one may. */
async function watch(move: ManagedMigration, clock: Clock, over: AbortSignal): Promise<void> {
  const { progress, watcher, domain } = move
  if (progress === undefined) return
  while (!over.aborted) {
    await new Promise<void>(resolve => {
      const timer = clock.after(move.progressMs ?? PROGRESS_MS, resolve)
      over.addEventListener(
        'abort',
        () => {
          timer[Symbol.dispose]()
          resolve()
        },
        { once: true },
      )
    })
    if (over.aborted) return
    const job = await watcher.job(domain, 'current', { signal: over }).catch(() => undefined)
    if (job !== undefined && job.kind !== 'none') progress(job)
  }
}

/**
 * The guest stays at the source. First the destination's copy ends; only when it is known to be gone does the source's guest run on.
 * After *begin* and *prepare* it runs in any case, and rolling back only frees it for other work.
 */
async function takeBack(move: ManagedMigration, error: Error): Promise<ManagedResult> {
  const { domain, source, destination, settings } = move
  const abandoned = await settled(move, 'abandon', () =>
    destination.migrationAbandon(domain, settings, NO_COOKIE),
  )
  if (abandoned.outcome !== 'done' && !(await runsAtSource(move)))
    return { outcome: 'unknown', phase: 'abandon', error }
  const rolledBack = await settled(move, 'roll back', () =>
    source.migrationRollBack(domain, settings),
  )
  if (rolledBack.outcome !== 'done' && !(await runsAtSource(move)))
    return { outcome: 'unknown', phase: 'roll back', error }
  return { outcome: 'stayed', error, leftover: abandoned.outcome !== 'done' }
}

/** Whether the source says that its guest's CPUs run: then nothing of it can have run, or run on, anywhere else. */
async function runsAtSource({ source, domain }: ManagedMigration): Promise<boolean> {
  const there = await source.domainState(domain).catch(() => undefined)
  return there?.state === 'running' || there?.state === 'blocked'
}

/** Clearing up goes on when its line in the journal cannot be written; that is told. */
async function settled(
  move: ManagedMigration,
  phase: MigrationPhase,
  run: () => Promise<Settled>,
): Promise<Settled> {
  try {
    await move.before?.(phase)
  } catch (error) {
    move.unwritten?.(phase, asError(error))
  }
  return run()
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason))
}
