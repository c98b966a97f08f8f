// Carries out one action of a step: on libvirt, or as a transaction. How it ended is told, never thrown; what is true then is looked at.
import type { Action } from '../control/decide.ts'
import type { End } from '../control/facts.ts'
import type { Ended } from '../control/events.ts'
import { migrateManaged, MigrationTooSlow } from '../libvirt/migrate.ts'
import type { Clock } from '../model/clock.ts'
import type { ClusterConfig } from '../model/cluster.ts'
import type { Progress, Step } from '../model/operation.ts'
import type { ClusterEvent, Proof } from '../model/snapshot.ts'
import { FenceFailed } from '../fencing/device.ts'
import { LedgerRefused } from './ledger-values.ts'
import type { Ledger } from './ledger.ts'
import { isSilence } from './look.ts'
import type { Reach } from './reach.ts'
import type { Footing, Sight } from './sight.ts'

export interface ActContext {
  readonly reach: Reach
  readonly ledger: Ledger
  readonly sight: Sight
  readonly config: ClusterConfig
  readonly clock: Clock
  /** Its id, for what is recorded. */
  readonly operation: string
  /** For the copy of this VM, in ms. */
  readonly copyMs: number
  readonly signal: AbortSignal
  /** When guests that move were stopped at the end of their copy, by step. */
  readonly stoppedAt: Map<number, number>
  /** What libvirt has yet to say of sources whose QEMU was seen to vanish, by step: before that it may call them paused. Never rejects. */
  readonly unconfirmed: Map<number, Promise<unknown>>
  progress: (progress: Progress) => void
  /** Appends to the log. */
  report(event: Pick<ClusterEvent, 'level' | 'about' | 'what'>): void
}

const CALL_MS = 15_000
const MIB = 1024 * 1024
/** How long a look may take for the end of a process that libvirt says it ended; then both ends are looked at as after any action. */
const VANISH_MS = 2_000
const GONE: End = { known: true, domain: 'absent', process: 'gone', ownAccord: false }
const HELD: End = { known: true, domain: 'held', process: 'there', ownAccord: false }

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
    if (error instanceof LedgerRefused || error instanceof FenceFailed)
      return { how: 'failed', why: error.message }
    return { how: isSilence(error) ? 'unknown' : 'failed', why: error.message }
  }
}

async function carryOut(
  action: Action,
  step: Step,
  footing: Footing,
  context: ActContext,
): Promise<Ended> {
  const { reach, ledger, sight } = context
  const { domain } = footing
  const call = { timeoutMs: CALL_MS }
  switch (action.do) {
    case 'prepare': {
      const { verdict } = await sight.readiness(step, action.at, domain)
      return { how: 'ok', learned: { ready: { [action.at]: verdict } } }
    }
    case 'migrate':
      return move(action.from, action.to, step, footing, context)
    case 'bar':
      await sight.bar(step, action.against)
      return { how: 'ok', learned: { barred: sight.barred(step) ?? [] } }
    case 'permit': {
      const holder = footing.permit?.node
      const permit = await ledger.movePermit(
        step.vm,
        footing.permit,
        action.to,
        proofOf(action.proof, step, footing, context.operation),
        [
          ...new Set([
            action.to,
            ...(holder !== undefined && footing.alive.includes(holder) ? [holder] : []),
          ]),
        ],
      )
      sight.permitIs(step.id, permit)
      return { how: 'ok', learned: { permit: { node: permit.node, epoch: permit.epoch } } }
    }
    case 'start': {
      const [machine, xml] = await Promise.all([
        reach.machine(action.at, call),
        verifiedXml(step, action.at, footing, sight),
      ])
      // Also where it is defined already: that may be from long ago.
      await machine.define(xml, call)
      await machine.start(domain, { ...call, paused: true })
      return { how: 'ok', learned: { ends: { [action.at]: HELD } } }
    }
    case 'resume': {
      const [machine, permit] = await Promise.all([
        reach.machine(action.at, call),
        ledger.confirmPermit(step.vm, action.at, footing.permit),
      ])
      sight.permitIs(step.id, permit)
      ledger.lost.throwIfAborted()
      await machine.resume(domain, call)
      return { how: 'ok', ...downSince(context, step) }
    }
    case 'shutdown':
      await (await reach.machine(action.at, call)).shutdown(domain, call)
      return { how: 'ok' }
    case 'destroy':
      await (await reach.machine(action.at, call)).destroy(domain, { ...call, graceful: false })
      return { how: 'ok' }
  }
}

/** How long the guest stood still, where it is known when that began. */
function downSince({ stoppedAt, clock }: ActContext, { id }: Step): { readonly downMs?: number } {
  const since = stoppedAt.get(id)
  stoppedAt.delete(id)
  return since === undefined ? {} : { downMs: Math.round(clock.now() - since) }
}

/** Every start has a proof: of the death of who had the VM, or that it was seen gone there, by whom. */
function proofOf(seen: string, step: Step, footing: Footing, operation: string): Proof {
  const had = footing.permit?.node ?? step.from
  const proof = had === undefined ? undefined : footing.proofs[had]
  return (
    proof ?? {
      kind: 'seen',
      id: `${seen} (operation ${operation}, step ${step.id})`,
      when: new Date().toISOString(),
    }
  )
}

/** The XML that the preflight read there and compared with its hash; read and compared anew when that is no longer fresh. */
async function verifiedXml(
  step: Step,
  at: string,
  { domain }: Footing,
  sight: Sight,
): Promise<string> {
  const { verdict, xml } = sight.known(step, at) ?? (await sight.readiness(step, at, domain))
  if (verdict !== 'ready') throw new LedgerRefused(`${at} cannot run it: ${verdict.refused}`)
  if (xml === undefined) throw new LedgerRefused(`${at} has no XML of ${step.vm}`)
  return xml
}

async function move(
  from: string,
  to: string,
  step: Step,
  { domain }: Footing,
  context: ActContext,
): Promise<Ended> {
  const { reach, config } = context
  const call = { timeoutMs: CALL_MS }
  const connections = new AsyncDisposableStack()
  // The guest stands still until its permit has moved: that they close is not waited for, and who does not hear it notices by itself.
  const held: { confirming?: Promise<unknown> } = {}
  using _closing = {
    [Symbol.dispose]: () =>
      void Promise.resolve(held.confirming)
        .then(() => connections.disposeAsync())
        .catch(() => undefined),
  }
  // Without it, what is true is looked at afterwards, and what keeps us from looking is told then.
  const noting = context.reach.noteProcesses(from, domain.uuid, call).catch(() => undefined)
  const [source, destination, watcher] = await Promise.all([
    reach.ownMachine(from, call).then(machine => connections.use(machine)),
    reach.ownMachine(to, call).then(machine => connections.use(machine)),
    reach.machine(from, call),
  ])
  const { unsafe, bandwidth } = config.settings.migration
  const address = config.hwms.find(hwm => hwm.name === to)?.migration
  // A guest that writes faster than it can be copied is slowed down, the second time it is tried.
  const isSecond = (step.tries['migrate'] ?? 1) > 1
  const moved = await migrateManaged({
    domain,
    source,
    destination,
    watcher,
    settings: {
      persistDestination: true,
      undefineSource: true,
      unsafe,
      ...(isSecond && { autoConverge: true }),
      ...(bandwidth !== undefined && { bandwidth: Math.max(1, Math.floor(bandwidth / MIB)) }),
      ...(address !== undefined && {
        migrateUri: `tcp://${address.includes(':') ? `[${address}]` : address}`,
      }),
    },
    copyLimitMs: context.copyMs,
    clock: context.clock,
    signal: context.signal,
    // The copy is over: from here on its CPUs stand still.
    before: async phase => {
      if (phase === 'finish') context.stoppedAt.set(step.id, context.clock.now())
    },
    unwritten: (phase, error) =>
      context.report({
        level: 'warn',
        about: `vm:${step.vm}`,
        what: `${step.vm}: its migration is cleared up (${phase}), and that could not be written down: ${error.message}`,
      }),
    // A guest that its owner paused does not wait for anything.
    ...(!step.keepPaused && {
      sourceVanished: async () =>
        (await (await noting)?.vanished({ timeoutMs: VANISH_MS }).catch(() => false)) ?? false,
    }),
    progress: ({ total, remaining, bandwidth: rate = 0 }) => {
      if (total > 0) context.progress({ done: Math.max(0, total - remaining), total, rate })
    },
  })
  switch (moved.outcome) {
    case 'arrived':
      if (moved.source === 'vanished') {
        // The destination's libvirt says that the copy is whole and paused, /proc that the source's QEMU is gone: both ends were looked at.
        held.confirming = moved.confirmed
        context.unconfirmed.set(step.id, moved.confirmed)
        return { how: 'ok', learned: { ends: { [from]: GONE, [to]: HELD } } }
      }
      return moved.source === 'gone'
        ? { how: 'ok' }
        : {
            how: 'unknown',
            why: `${from} gave no confirmation: ${moved.error?.message ?? 'no answer'}`,
          }
    case 'stayed':
      return {
        how: 'failed',
        why: moved.error.message,
        final: isSecond && moved.error instanceof MigrationTooSlow,
      }
    case 'unknown':
      return { how: 'unknown', why: `${moved.phase}: ${moved.error.message}` }
  }
}
