// What this program saw happen, as lines of the log: the difference of two views in words. First sight of a thing is no event.
import type { ClusterEvent, EtcdView, HwmView, VmView } from '../model/snapshot.ts'

/** A `ClusterEvent` before it has its place in the log. */
export type Seen = Pick<ClusterEvent, 'level' | 'about' | 'what' | 'why'>

/** `vms`: how many VMs were lost with it, and how many run there now. */
export function hwmEvents(
  before: HwmView | undefined,
  after: HwmView,
  vms: { readonly lost: number; readonly running: number },
): Seen[] {
  if (!before || before.state === after.state) return []
  const { name, state, reason } = after
  const about = `hwm:${name}`
  switch (state) {
    case 'down': {
      const affected = vms.lost === 0 ? '' : `; ${vmCount(vms.lost)} ran there`
      return [{ level: 'error', about, what: `${name} does not answer${affected}`, why: reason }]
    }
    case 'refused':
      return [{ level: 'error', about, what: `${name} lives but lets us not in`, why: reason }]
    case 'up': {
      if (before.state === 'connecting') return []
      const lasted = duration(after.since - before.since)
      const there = vms.running === 1 ? '1 VM runs' : `${vmCount(vms.running)} run`
      const what = `${name} answers again; ${there} there`
      return [{ level: 'info', about, what, why: `after ${lasted}` }]
    }
    case 'connecting':
      return []
  }
}

export function vmEvents(before: VmView | undefined, after: VmView): Seen[] {
  if (!before || before.state === 'unknown') return []
  const { name, state, where } = after
  const about = `vm:${name}`
  const say = (level: Seen['level'], what: string, why = ''): Seen[] => [
    { level, about, what, why },
  ]
  if (state === before.state) {
    const hasMoved = ON_A_HOST.has(state) && before.where !== undefined && where !== before.where
    return hasMoved && where ? say('info', `${name} moved from ${before.where} to ${where}`) : []
  }
  switch (state) {
    case 'running':
      return cameToRun(before, after, say)
    case 'stopped':
      // It comes back with its HWM, and that did not start it.
      if (before.state === 'waiting')
        return say('warn', `${name} does not run: ${where} is back without it`)
      return say('info', `${name} stopped on ${where ?? 'its HWM'}`, reasonOf(after))
    case 'crashed':
      return say('error', `${name} crashed on ${where ?? 'its HWM'}`, reasonOf(after))
    case 'paused':
      return say('warn', `${name} is paused on ${where ?? 'its HWM'}`, reasonOf(after))
    case 'suspended':
      return say('info', `${name} sleeps on ${where ?? 'its HWM'}`)
    case 'migrating':
      return say('info', `${name} is on the move`)
    case 'double': {
      const hosts = after.instances
        .filter(({ state: at }) => at === 'running')
        .map(({ hwm }) => hwm)
      const why = 'two copies of one VM destroy its disk: stop one of them at once'
      return say('error', `${name} RUNS TWICE: on ${hosts.join(' and ')}`, why)
    }
    case 'absent':
      return say('warn', `${name} is on no HWM that answers`)
    // Told with the HWM that went away.
    case 'waiting':
    case 'unknown':
      return []
  }
}

function cameToRun(
  before: VmView,
  after: VmView,
  say: (level: Seen['level'], what: string, why?: string) => Seen[],
): Seen[] {
  const { name, where } = after
  if (before.where !== undefined && where !== before.where) {
    const verb = before.state === 'waiting' ? 'restarted on' : 'runs on'
    const home = after.away ? `its home is ${after.home}` : ''
    return before.state === 'migrating'
      ? say('info', `${name} moved to ${where}`, home)
      : say('info', `${name} ${verb} ${where}, was on ${before.where}`, home)
  }
  // Told with the HWM that came back.
  if (before.state === 'waiting') return []
  if (before.state === 'migrating') {
    const hasMoved = before.instances.some(({ hwm, state }) => hwm === where && state === 'paused')
    return say('info', hasMoved ? `${name} moved to ${where}` : `${name} stays on ${where}`)
  }
  if (before.state === 'paused') return say('info', `${name} goes on, on ${where}`)
  if (before.state === 'double') return say('warn', `${name} runs only once now, on ${where}`)
  return say('info', `${name} runs on ${where}`)
}

export function etcdEvents(before: EtcdView, after: EtcdView): Seen[] {
  const about = 'etcd'
  const seen: Seen[] = []
  if (after.state === 'stale' && before.state !== 'stale') {
    const what = 'etcd does not answer: what it said last stays on the screen'
    seen.push({ level: 'error', about, what, why: after.reason })
  }
  if (after.state === 'live' && before.state === 'stale') {
    const why = `after ${duration(after.since - before.since)}`
    seen.push({ level: 'info', about, what: 'etcd answers again', why })
  }
  for (const member of after.members) {
    const old = before.members.find(({ endpoint }) => endpoint === member.endpoint)
    if (!old || old.reachable === member.reachable || old.reason === NOT_ASKED) continue
    seen.push(
      member.reachable
        ? { level: 'info', about, what: `etcd's member ${member.endpoint} is back`, why: '' }
        : {
            level: 'warn',
            about,
            what: `etcd's member ${member.endpoint} is gone`,
            why: member.reason,
          },
    )
  }
  return seen
}

/** The reason of a member nobody has asked yet. */
export const NOT_ASKED = 'not asked yet'

const ON_A_HOST = new Set<VmView['state']>(['running', 'paused', 'suspended'])

function reasonOf(vm: VmView): string {
  return vm.instances.find(({ hwm }) => hwm === vm.where)?.reason ?? ''
}

function vmCount(number: number): string {
  return number === 1 ? '1 VM' : `${number} VMs`
}

/** `6 s`, `4 min`, `3 h`. */
function duration(ms: number): string {
  if (ms < 120_000) return `${Math.round(ms / 1000)} s`
  return ms < 7_200_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 3_600_000)} h`
}
