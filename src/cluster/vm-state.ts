// What a VM is doing, from what every HWM says of it. Pure: the rules behind one word on the screen.
import type { Vm } from '../model/cluster.ts'
import type { HwmState, Instance, InstanceState, VmState } from '../model/snapshot.ts'

/** One HWM's word on a VM; of an HWM that is not up, the last one. */
export interface Testimony {
  readonly instance: Instance
  /** What the instance was when its HWM was last heard; equals `instance.state` while that is up. */
  readonly lastState: InstanceState
  readonly hwmState: HwmState
  /** When the question was sent that this is the answer to. */
  readonly askedAt: number
}

export interface VmFinding {
  readonly state: VmState
  readonly where: string | undefined
  /** Two HWMs say that it runs, and one of them may have spoken before the other's VM began: ask both again before crying out. */
  readonly isDoubtful: boolean
}

const RUNS = new Set<InstanceState>(['running', 'blocked', 'shutdown'])
const ALIVE = new Set<InstanceState>([...RUNS, 'paused', 'suspended'])
/** libvirt's reasons for a copy that stands still because it moves. */
const MOVING = new Set(['migration', 'post-copy', 'post-copy failed', 'starting up'])
const FAILED = new Set(['crashed', 'failed'])

/**
 * Finds a VM's state. `homeState`: of its home HWM, undefined when it has none; `doubtSince`: since when two HWMs have said
 * that it runs, undefined when they did not. Of running copies those count that were asked for after that.
 */
export function findVmState(
  config: Vm | undefined,
  testimonies: readonly Testimony[],
  homeState: HwmState | undefined,
  doubtSince: number | undefined,
): VmFinding {
  const alive = testimonies.filter(({ instance }) => ALIVE.has(instance.state))
  const running = alive.filter(({ instance }) => RUNS.has(instance.state))
  if (running.length > 1 && isOneMachine(config, running)) {
    const isSure = doubtSince !== undefined && running.every(({ askedAt }) => askedAt >= doubtSince)
    const where = newest(running)?.instance.hwm
    return { state: isSure ? 'double' : 'migrating', where, isDoubtful: !isSure }
  }
  const runningOn = newest(running)
  if (runningOn) {
    const isMoving = alive.some(
      ({ instance }) => instance !== runningOn.instance && isCopy(instance),
    )
    return found(isMoving ? 'migrating' : 'running', runningOn)
  }
  const standing = alive.length > 1 && alive.every(({ instance }) => isCopy(instance))
  const stillOn = newest(alive)
  if (stillOn) {
    if (standing) return found('migrating', stillOn)
    return found(stillOn.instance.state === 'suspended' ? 'suspended' : 'paused', stillOn)
  }
  return findAtRest(config, testimonies, homeState)
}

/** No HWM that answers has it alive. */
function findAtRest(
  config: Vm | undefined,
  testimonies: readonly Testimony[],
  homeState: HwmState | undefined,
): VmFinding {
  const lost = newest(
    testimonies.filter(({ lastState, hwmState }) => hwmState !== 'up' && ALIVE.has(lastState)),
  )
  if (lost) {
    const isWaiting = lost.hwmState === 'down' && config?.desired !== 'stopped'
    return found(isWaiting ? 'waiting' : 'unknown', lost)
  }
  const defined = newest(testimonies.filter(({ hwmState }) => hwmState === 'up'))
  if (defined) {
    const { state, reason } = defined.instance
    return found(state === 'crashed' || FAILED.has(reason) ? 'crashed' : 'stopped', defined)
  }
  const known = newest(testimonies)
  // A guest that shut itself down before its HWM died is stopped, not lost.
  if (known?.lastState === 'shutoff' && known.instance.reason === 'shutdown')
    return found('stopped', known)
  // libvirtd has restarted since, and no longer knew why it was off: nobody can tell whether it shall run.
  if (known?.lastState === 'shutoff' && known.instance.reason === '') return found('unknown', known)
  if (known)
    return found(
      config?.desired === 'running' && known.hwmState === 'down' ? 'waiting' : 'unknown',
      known,
    )
  if (homeState === 'down' && config?.desired === 'running')
    return { state: 'waiting', where: undefined, isDoubtful: false }
  const isAbsent = homeState === 'up' || homeState === undefined
  return { state: isAbsent ? 'absent' : 'unknown', where: undefined, isDoubtful: false }
}

function found(state: VmState, on: Testimony): VmFinding {
  return { state, where: on.instance.hwm, isDoubtful: false }
}

function isCopy(instance: Instance): boolean {
  return instance.state === 'paused' && MOVING.has(instance.reason)
}

/** Domains that only share a name are one machine when the cluster file says so; otherwise their UUIDs tell. */
function isOneMachine(config: Vm | undefined, running: readonly Testimony[]): boolean {
  return config !== undefined || new Set(running.map(({ instance }) => instance.uuid)).size === 1
}

function newest(testimonies: readonly Testimony[]): Testimony | undefined {
  let best: Testimony | undefined
  for (const each of testimonies)
    if (!best || each.instance.seenAt > best.instance.seenAt) best = each
  return best
}
