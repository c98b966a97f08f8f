// Carries out one action of a step: on libvirt, or as a transaction. How it ended is told, never thrown; what is true then is looked at.
import type { Action } from '../control/decide.ts'
import type { Ended } from '../control/step.ts'
import type { StateStore } from '../etcd/store.ts'
import type { DomainRef } from '../libvirt/hypervisor.ts'
import { migrateManaged } from '../libvirt/migrate.ts'
import type { Clock } from '../model/clock.ts'
import type { ClusterConfig } from '../model/cluster.ts'
import type { Progress, Step } from '../model/operation.ts'
import type { Proof } from '../model/snapshot.ts'
import { LedgerRefused, type HeldPermit, type Ledger } from './ledger.ts'
import { isSilence } from './look.ts'
import { preflight, type Verdict } from './preflight.ts'
import type { Reach } from './reach.ts'

/** What the conductor knows of a step beside its facts; made by the last look. */
export interface Footing {
  readonly domain: DomainRef
  readonly permit: HeldPermit | undefined
  /** Proofs of dead HWMs, whole, by HWM. */
  readonly proofs: Readonly<Record<string, Proof>>
  /** HWMs that answered: their agents are compared. */
  readonly alive: readonly string[]
}

export interface ActContext {
  readonly reach: Reach
  readonly ledger: Ledger
  readonly store: StateStore
  readonly config: ClusterConfig
  readonly clock: Clock
  readonly copyMs: number
  readonly signal: AbortSignal
  progress: (progress: Progress) => void
  /** What a preflight found. */
  ready: (hwm: string, verdict: Verdict) => void
}

const CALL_MS = 15_000
const MIB = 1024 * 1024

export async function act(
  action: Action,
  step: Step,
  footing: Footing,
  context: ActContext,
): Promise<Ended> {
  try {
    return await carryOut(action, step, footing, context)
  } catch (error) {
    if (!(error instanceof Error)) throw error
    // A call that was not answered may have been done; a refusal was not.
    if (error instanceof LedgerRefused) return { how: 'failed', why: error.message }
    return { how: isSilence(error) ? 'unknown' : 'failed', why: error.message }
  }
}

async function carryOut(
  action: Action,
  step: Step,
  footing: Footing,
  context: ActContext,
): Promise<Ended> {
  const { reach, ledger } = context
  const { domain } = footing
  const call = { timeoutMs: CALL_MS }
  switch (action.do) {
    case 'prepare':
      context.ready(action.at, await preflight(step, action.at, domain, context))
      return { how: 'ok' }
    case 'migrate':
      return move(action.from, action.to, footing, context)
    case 'bar':
      return { how: 'failed', why: `there is no way to cut ${action.against} off from the storage` }
    case 'permit': {
      const holder = footing.permit?.node
      await ledger.movePermit(
        step.vm,
        footing.permit,
        action.to,
        holder === undefined ? undefined : footing.proofs[holder],
        [action.to, ...(holder !== undefined && footing.alive.includes(holder) ? [holder] : [])],
      )
      return { how: 'ok' }
    }
    case 'start': {
      const machine = await reach.machine(action.at, call)
      if ((await machine.domain(domain.uuid, call)) === undefined) {
        const xml = await reach.storedXml(action.at, step.vm, call)
        if (xml === undefined)
          return { how: 'failed', why: `${action.at} has no XML of ${step.vm}` }
        await machine.define(xml, call)
      }
      await machine.start(domain, { ...call, paused: true })
      return { how: 'ok' }
    }
    case 'resume': {
      const machine = await reach.machine(action.at, call)
      await ledger.confirmPermit(step.vm, action.at)
      ledger.lost.throwIfAborted()
      await machine.resume(domain, call)
      return { how: 'ok' }
    }
    case 'shutdown':
      await (await reach.machine(action.at, call)).shutdown(domain, call)
      return { how: 'ok' }
    case 'destroy':
      await (await reach.machine(action.at, call)).destroy(domain, { ...call, graceful: false })
      return { how: 'ok' }
  }
}

async function move(
  from: string,
  to: string,
  { domain }: Footing,
  context: ActContext,
): Promise<Ended> {
  const { reach, config } = context
  const call = { timeoutMs: CALL_MS }
  await using connections = new AsyncDisposableStack()
  const source = connections.use(await reach.ownMachine(from, call))
  const destination = connections.use(await reach.ownMachine(to, call))
  const watcher = await reach.machine(from, call)
  const { unsafe, bandwidth } = config.settings.migration
  const address = config.hwms.find(hwm => hwm.name === to)?.migration
  const moved = await migrateManaged({
    domain,
    source,
    destination,
    watcher,
    settings: {
      persistDestination: true,
      undefineSource: true,
      unsafe,
      ...(bandwidth !== undefined && { bandwidth: Math.max(1, Math.floor(bandwidth / MIB)) }),
      ...(address !== undefined && {
        migrateUri: `tcp://${address.includes(':') ? `[${address}]` : address}`,
      }),
    },
    copyLimitMs: context.copyMs,
    clock: context.clock,
    signal: context.signal,
    progress: ({ total, remaining, bandwidth: rate = 0 }) => {
      if (total > 0) context.progress({ done: Math.max(0, total - remaining), total, rate })
    },
  })
  switch (moved.outcome) {
    case 'arrived':
      return moved.source === 'gone'
        ? { how: 'ok' }
        : {
            how: 'unknown',
            why: `${from} gave no confirmation: ${moved.error?.message ?? 'no answer'}`,
          }
    case 'stayed':
      return { how: 'failed', why: moved.error.message }
    case 'unknown':
      return { how: 'unknown', why: `${moved.phase}: ${moved.error.message}` }
  }
}
