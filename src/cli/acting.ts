// What every acting command shares: the cluster as it is now, the operations on it, and the way from a plan to its end.
import { observe, type Observation } from '../cluster/observe.ts'
import type { StateStore } from '../etcd/store.ts'
import { pause, realClock } from '../model/clock.ts'
import { targetOf, type Operation } from '../model/operation.ts'
import type { ClusterSnapshot } from '../model/snapshot.ts'
import {
  NotCommitted,
  type Confirmation,
  type Operations,
  type Wanted,
} from '../operations/operations.ts'
import { NoPlan, type Plan } from '../operations/plan/plan.ts'
import { confirmPlan, refuseIfReadOnly } from './ask.ts'
import { findCluster } from './cluster-access.ts'
import type { Context } from './context.ts'
import { CommandFailed, EXIT, Refused, type ExitStatus } from './exit.ts'
import { actsOn } from './operations-on.ts'
import { operatorOf } from './operator.ts'
import { printJson, printLines } from './print.ts'
import { planLines } from './show-plan.ts'

/** How long a command waits for HWMs that do not answer before it goes by what it has. */
const SETTLE_MS = 20_000
/** An HWM silent for this long is not waited for where nothing hangs on its answer; one that lives answers in a fraction of it. */
const SILENT_MS = 3_000

export interface Cluster extends AsyncDisposable {
  readonly store: StateStore
  readonly observation: Observation
  readonly operations: Operations
}

/**
 * Opens the cluster to act on it, and waits until etcd and every HWM have answered or have been given up. `suffices`: what is known is
 * enough although some HWMs are silent.
 */
export async function openCluster(
  context: Context,
  suffices: (snapshot: ClusterSnapshot) => boolean = () => false,
): Promise<Cluster> {
  const access = await findCluster(context)
  await using opened = new AsyncDisposableStack()
  const store = opened.use(await context.reach.store(access.etcd, access.cluster))
  const observation = opened.use(
    observe({
      ...access,
      store,
      readOnly: true,
      open: (uri, options) => context.reach.hypervisor(uri, options),
    }),
  )
  const { operations } = opened.use(
    actsOn({
      store,
      observation,
      operator: operatorOf(context.io),
      version: context.version,
      logFailed: problem =>
        context.io.stderr.write(`yasco: the log was not written: ${problem.message}\n`),
    }),
  )
  await settled(observation, suffices, context.signal)
  const rest = opened.move()
  return { store, observation, operations, [Symbol.asyncDispose]: () => rest.disposeAsync() }
}

async function settled(
  observation: Observation,
  suffices: (snapshot: ClusterSnapshot) => boolean,
  signal: AbortSignal,
): Promise<void> {
  const isRead = ({ etcd, hwms, config }: ClusterSnapshot) =>
    etcd.state === 'live' && config !== undefined && Object.keys(hwms).length === config.hwms.length
  const isSettled = (snapshot: ClusterSnapshot) =>
    isRead(snapshot) && Object.values(snapshot.hwms).every(hwm => hwm.state !== 'connecting')
  const { promise, resolve } = Promise.withResolvers<void>()
  let isLate = false
  const look = () => {
    const { snapshot } = observation
    if (isSettled(snapshot) || (isLate && isRead(snapshot) && suffices(snapshot))) resolve()
  }
  using _listening = observation.onSnapshot(look)
  using _late = realClock.after(SILENT_MS, () => {
    isLate = true
    look()
  })
  look()
  await Promise.race([promise, pause(realClock, SETTLE_MS, signal)])
  const { etcd } = observation.snapshot
  if (etcd.state !== 'live')
    throw new CommandFailed(EXIT.partly, `etcd does not answer: ${etcd.reason}`)
}

/** What has to be known before `wanted` can be planned; whoever else is silent is planned around. */
function sufficesFor(wanted: Wanted): (snapshot: ClusterSnapshot) => boolean {
  switch (wanted.do) {
    case 'evacuate': {
      const { hwm, also = [], off = [] } = wanted
      return ({ hwms }) =>
        [hwm, ...also].every(each => off.includes(each) || hwms[each]?.state !== 'connecting')
    }
    case 'homecoming': {
      const { hwm } = wanted
      return ({ hwms }) => hwm !== undefined && hwms[hwm]?.state === 'up'
    }
    case 'migrate':
      return ({ hwms, vms }) =>
        hwms[wanted.to]?.state === 'up' && vms[wanted.vm]?.state === 'running'
    case 'stop':
      return ({ vms }) => vms[wanted.vm]?.state === 'running'
    case 'start':
    case 'undo':
      return () => false
  }
}

/** Plan, show, confirm, commit, conduct: what every acting command does with what is wanted. */
export async function actOn(
  context: Context,
  wanted: Wanted,
  confirmation: Omit<Confirmation, 'why'> = {},
): Promise<ExitStatus> {
  const { options } = context
  if (!options.has('dry-run')) refuseIfReadOnly(context)
  await using cluster = await openCluster(context, sufficesFor(wanted))
  const plan = await planned(cluster.operations.plan(wanted))
  showPlan(context, plan)
  if (options.has('dry-run')) return EXIT.done
  if (plan.moves.length === 0 && plan.cordon === undefined) {
    return plan.unplaced.length > 0 ? EXIT.partly : EXIT.done
  }
  await confirmPlan(context, plan)
  const operation = await committed(cluster.operations, plan, {
    ...confirmation,
    why: options.text('reason') ?? '',
  })
  return await follow(context, cluster, operation.id, plan.unplaced.length)
}

/** Conducts an operation to its end and prints each step as it goes; the exit status says how much was done. */
export async function follow(
  context: Context,
  { operations }: Cluster,
  id: string,
  unplaced = 0,
  conduct: () => Promise<Operation> = () => operations.conduct(id),
): Promise<ExitStatus> {
  const cancel = () => {
    context.io.stderr.write(
      `yasco: cancelling operation ${id}: what runs is brought to a safe end\n`,
    )
    operations
      .ask(id, 'cancel')
      .catch((error: Error) => context.io.stderr.write(`yasco: ${error.message}\n`))
  }
  context.signal.addEventListener('abort', cancel, { once: true })
  try {
    const operation = await conduct()
    if (context.options.has('json')) printJson(context, 'Operation', { operation })
    else printLines(context, operationLines(operation))
    return operation.state === 'done' && unplaced === 0 ? EXIT.done : EXIT.partly
  } finally {
    context.signal.removeEventListener('abort', cancel)
  }
}

export async function planned(planning: Promise<Plan>): Promise<Plan> {
  try {
    return await planning
  } catch (error) {
    if (error instanceof NoPlan) throw new Refused(error.message, { cause: error })
    throw error
  }
}

export async function committed(
  operations: Operations,
  plan: Plan,
  confirmation: Confirmation,
): Promise<Operation> {
  try {
    return await operations.commit(plan, confirmation)
  } catch (error) {
    if (!(error instanceof NotCommitted)) throw error
    throw new Refused([error.message, ...error.lines].join('\n       '), { cause: error })
  }
}

export function showPlan(context: Context, plan: Plan): void {
  if (context.options.has('json')) printJson(context, 'Plan', { plan })
  else printLines(context, planLines(plan))
}

export function operationLines(operation: Operation): string[] {
  const lines = operation.steps.map(step => {
    const where = [step.from, targetOf(step)].filter(hwm => hwm !== undefined).join(' -> ')
    const more = [step.phase, step.error, step.note].filter(text => text !== '').join('; ')
    return `  ${step.vm}  ${step.method}  ${where}  ${step.state}${more === '' ? '' : `: ${more}`}`
  })
  return [
    `operation ${operation.id} (${operation.kind} ${operation.subject}): ${operation.state}`,
    ...lines,
  ]
}
