// The state of a cluster as text and as JSON, from one snapshot. Pure.
import { humanAge, humanAmount, humanPercent } from '../model/human.ts'
import type { ClusterSnapshot, HwmView, Instant, VmView } from '../model/snapshot.ts'
import { type Colour, columns } from './print.ts'

type Paint = (colour: Colour, text: string) => string

/** What --json prints: states without ages, so that it changes only when something does. */
export function statusJson(snapshot: ClusterSnapshot) {
  const { cluster, etcd, badValues } = snapshot
  return {
    cluster,
    ok: isWell(snapshot),
    etcd: {
      state: etcd.state,
      reason: etcd.reason,
      revision: etcd.revision,
      members: etcd.members,
    },
    hwms: Object.values(snapshot.hwms).map(hwm => ({
      name: hwm.name,
      state: hwm.state,
      reason: hwm.reason,
      maintenance: hwm.config.maintenance,
      capacity: hwm.capacity,
      used: hwm.used,
      libvirtVersion: hwm.libvirtVersion ?? null,
    })),
    vms: Object.values(snapshot.vms).map(vm => ({
      name: vm.name,
      kind: vm.kind,
      state: vm.state,
      where: vm.where ?? null,
      home: vm.home ?? null,
      away: vm.away,
      desired: vm.config?.desired ?? null,
    })),
    badValues,
  }
}

/** Every HWM is up, and every VM does what it should. */
export function isWell({ hwms, vms }: ClusterSnapshot): boolean {
  return (
    Object.values(hwms).every(hwm => hwm.state === 'up') &&
    Object.values(vms).every(vm => isVmWell(vm))
  )
}

function isVmWell({ config, state }: VmView): boolean {
  if (state === 'double') return false
  if (config?.desired !== 'running') return true
  return state === 'running' || state === 'migrating'
}

/** Lines for people. `now` is in `monotonicMs()`. */
export function statusLines(
  snapshot: ClusterSnapshot,
  now: Instant,
  paint: Paint,
): readonly string[] {
  const hwms = Object.values(snapshot.hwms)
  const vms = Object.values(snapshot.vms)
  return [
    etcdLine(snapshot, now, paint),
    `HWM ${counts(hwms.map(hwm => (hwm.state === 'down' ? 'DOWN' : hwm.state)))}   VM ${counts(vms.map(vm => vm.state))}${awayCount(vms)}`,
    '',
    ...painted(
      columns([
        ['HWM', 'STATE', 'RAM', 'CPU', 'VMS', 'WHY'],
        ...hwms.map(hwm => hwmRow(hwm, vms, now)),
      ]),
      hwms,
      hwmColour,
      paint,
    ),
    '',
    ...painted(
      columns([['VM', 'KIND', 'STATE', 'WHERE', 'HOME'], ...vms.map(vmRow)]),
      vms,
      vmColour,
      paint,
    ),
    ...hwms
      .filter(({ reason }) => reason.length > WHY_WIDTH)
      .map(({ name, reason }) => `\n${name}: ${reason}`),
    ...snapshot.badValues.map(({ key, problem }) =>
      paint('red', `etcd: ${key} cannot be read: ${problem}`),
    ),
  ]
}

function etcdLine({ cluster, etcd }: ClusterSnapshot, now: Instant, paint: Paint): string {
  const reachable = etcd.members.filter(member => member.reachable)
  const leader = etcd.members.find(member => member.leader)
  const members = `etcd ${reachable.length}/${etcd.members.length}`
  const lost = etcd.members
    .filter(member => !member.reachable)
    .map(({ endpoint, reason }) => `${endpoint}: ${reason}`)
  const parts = [cluster, members, leader ? `leader ${leader.endpoint}` : 'no leader']
  if (etcd.state !== 'live') {
    const age =
      etcd.seenAt === undefined ? 'never reached' : `as of ${humanAge(now - etcd.seenAt)} ago`
    parts.push(paint('red', `etcd does not answer: ${etcd.reason} (${age})`))
  }
  return [...parts, ...lost.map(text => paint('yellow', text))].join('   ')
}

/** `3: 2 up, 1 DOWN`. */
function counts(words: readonly string[]): string {
  const tally = new Map<string, number>()
  for (const word of words) tally.set(word, (tally.get(word) ?? 0) + 1)
  const parts = [...tally].map(([word, count]) => `${count} ${word}`)
  return parts.length === 0 ? '0' : `${words.length}: ${parts.join(', ')}`
}

function awayCount(vms: readonly VmView[]): string {
  const away = vms.filter(vm => vm.away).length
  return away === 0 ? '' : `, ${away} away`
}

/** A longer reason is cut in the table, and stands in full below it. */
const WHY_WIDTH = 60

function hwmRow(hwm: HwmView, vms: readonly VmView[], now: Instant): readonly string[] {
  const state = hwm.state === 'down' ? `DOWN ${humanAge(now - hwm.since)}` : hwm.state
  const here = vms.filter(vm => vm.where === hwm.name).length
  const why =
    hwm.reason.length > WHY_WIDTH ? `${hwm.reason.slice(0, WHY_WIDTH - 3)}...` : hwm.reason
  const notes = [why, hwm.config.maintenance ? 'maintenance' : ''].filter(note => note !== '')
  return [hwm.name, state, share(hwm, 'ram'), share(hwm, 'cpu'), String(here), notes.join('; ')]
}

/** `12 GiB of 64 GiB (18%)`. */
function share({ used, capacity }: HwmView, dimension: string): string {
  const whole = capacity[dimension]
  if (whole === undefined) return '-'
  const part = used[dimension] ?? 0
  return `${humanAmount(dimension, part)} of ${humanAmount(dimension, whole)} (${humanPercent(part, whole)})`
}

const KIND = { havm: 'HAVM', vm: 'VM', unmanaged: 'unmanaged' } as const

function vmRow(vm: VmView): readonly string[] {
  const home = vm.home ?? '-'
  return [
    vm.name,
    KIND[vm.kind],
    vm.state === 'double' ? 'RUNS TWICE' : vm.state,
    vm.where ?? '-',
    vm.away ? `${home} (away)` : home,
  ]
}

function hwmColour({ state }: HwmView): Colour | undefined {
  if (state === 'up') return undefined
  return state === 'connecting' ? 'dim' : 'red'
}

function vmColour(vm: VmView): Colour | undefined {
  if (vm.state === 'double' || vm.state === 'crashed') return 'red'
  if (!isVmWell(vm) || vm.away) return 'yellow'
  return vm.kind === 'unmanaged' ? 'dim' : undefined
}

/** A heading, then one line for each thing in its colour. */
function painted<T>(
  [heading = '', ...lines]: readonly string[],
  things: readonly T[],
  colourOf: (thing: T) => Colour | undefined,
  paint: Paint,
): readonly string[] {
  const rows = lines.map((line, index) => {
    const thing = things[index]
    const colour = thing === undefined ? undefined : colourOf(thing)
    return colour === undefined ? line : paint(colour, line)
  })
  return [paint('dim', heading), ...rows]
}
