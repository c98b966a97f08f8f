// The parts of a cluster file that name machines: HWMs, VMs, groups, fallback maps.
import type { FenceDevice, Group, HandMadeFallback, Hwm, Vm } from '../cluster.ts'
import { NAME, NAME_EXPECTED, VM_NAME, VM_NAME_EXPECTED } from '../names.ts'
import { type Dimension, type Resources, STANDARD_DIMENSIONS } from '../resources.ts'
import { quantityOf } from '../units.ts'
import {
  DEFAULT_PRIORITY,
  FALLBACK_FIELDS,
  FENCE_FIELDS,
  GROUP_FIELDS,
  HWM_FIELDS,
  VM_FIELDS,
} from './fields.ts'
import type { Fields, Item } from './item.ts'

/** Says what is wrong with a libvirt URI, beginning with the URI itself; undefined: nothing. */
export type UriProblem = (uri: string) => string | undefined

const MAX_PRIORITY = 1_000_000

const ADDRESS = /^[A-Za-z0-9.:[\]_-]+$/

export function readHwms(
  item: Item,
  dimensions: readonly Dimension[],
  uriProblem: UriProblem,
): readonly Hwm[] {
  const hwms: Hwm[] = []
  for (const [name, one] of item.entries('a map of HWMs, each by its name')) {
    if (!NAME.test(name)) one.expected(NAME_EXPECTED, `the HWM name '${name}'`)
    hwms.push(readHwm(name, one, dimensions, uriProblem))
  }
  return hwms
}

function readHwm(
  name: string,
  item: Item,
  dimensions: readonly Dimension[],
  uriProblem: UriProblem,
): Hwm {
  const fields = item.fields('an HWM', HWM_FIELDS)
  const libvirt = fields.required(
    'libvirt',
    'its libvirt URI, such as qemu+ssh://root@HOST/system',
    uri => {
      const text = uri.text('a libvirt URI, such as qemu+ssh://root@HOST/system')
      const problem = text === undefined ? undefined : uriProblem(text)
      return problem === undefined ? text : uri.expected('a libvirt URI', problem)
    },
  )
  const migration = fields.read('migration', address =>
    address.matching(ADDRESS, 'a host name or address for migration traffic'),
  )
  const ceph = fields.read('ceph', address =>
    address.matching(ADDRESS, 'a host name or address that Ceph knows it by'),
  )
  const watchdog = fields.read('watchdog', path =>
    path.matching(/^\//, 'the path of a watchdog device'),
  )
  return {
    name,
    libvirt: libvirt ?? '',
    capacity: fields.read('capacity', it => readResources(it, 'a capacity', dimensions)) ?? {},
    reserve: fields.read('reserve', it => readResources(it, 'a reserve', dimensions)) ?? {},
    labels: fields.read('labels', readLabels) ?? {},
    fallback: fields.read('fallback', it => it.flag()) ?? true,
    maintenance: fields.read('maintenance', it => it.flag()) ?? false,
    ...(migration === undefined ? {} : { migration }),
    ...(ceph === undefined ? {} : { ceph }),
    ...(watchdog === undefined ? {} : { watchdog }),
    fence: fields.read('fence', readFences) ?? [],
  }
}

export function readResources(
  item: Item,
  what: string,
  dimensions: readonly Dimension[],
): Resources {
  const fields = item.fields(what, [...STANDARD_DIMENSIONS, ...dimensions])
  return amounts(fields, dimensions)
}

function amounts(fields: Fields, dimensions: readonly Dimension[]): Resources {
  const resources: Record<Dimension, number> = {}
  for (const dimension of [...STANDARD_DIMENSIONS, ...dimensions]) {
    const amount = fields.read(dimension, it => it.amount(quantityOf(dimension)))
    if (amount !== undefined) resources[dimension] = amount
  }
  return resources
}

function readLabels(item: Item): Readonly<Record<string, string>> {
  const labels: [string, string][] = []
  for (const [label, value] of item.entries('a map of labels, such as {rack: a}')) {
    if (!NAME.test(label)) value.expected(NAME_EXPECTED, `the label '${label}'`)
    if (label === 'hwm')
      value.expected("another label: every HWM is its own 'hwm' already", "the label 'hwm'")
    const text = value.matching(NAME, `the value of a label: ${NAME_EXPECTED}`)
    if (text !== undefined) labels.push([label, text])
  }
  return Object.fromEntries(labels)
}

function readFences(item: Item): readonly FenceDevice[] {
  const devices: FenceDevice[] = []
  for (const one of item.list(
    'a list of fence devices, such as [{agent: fence_ipmilan, options: {...}}]',
  )) {
    const fields = one.fields('a fence device', FENCE_FIELDS)
    const agentExpected = 'an executable of fence-agents, such as fence_ipmilan, or redfish'
    const agent = fields.required('agent', agentExpected, it =>
      it.matching(/^[\w./-]+$/, agentExpected),
    )
    const options: [string, string][] = []
    for (const [name, value] of fields.get('options')?.entries("a map of the agent's options") ??
      []) {
      const text = value.scalar('the value of an option')
      if (text !== undefined) options.push([name, text])
    }
    devices.push({ agent: agent ?? '', options: Object.fromEntries(options) })
  }
  return devices
}

export function readVms(item: Item, dimensions: readonly Dimension[]): readonly Vm[] {
  const vms: Vm[] = []
  for (const [name, one] of item.entries('a map of VMs, each by its name')) {
    if (!VM_NAME.test(name)) one.expected(VM_NAME_EXPECTED, `the VM name ${JSON.stringify(name)}`)
    vms.push(readVm(name, one, dimensions))
  }
  return vms
}

function readVm(name: string, item: Item, dimensions: readonly Dimension[]): Vm {
  const fields = item.fields('a VM', [...VM_FIELDS, ...STANDARD_DIMENSIONS, ...dimensions])
  const home = fields.read('home', it => it.text('the name of an HWM'))
  const only = fields.read('only', it => readNames(it, 'HWMs'))
  const never = fields.read('never', it => readNames(it, 'HWMs'))
  const order = fields.read('order', it => it.whole(0, MAX_PRIORITY))
  const delayMs = fields.read('delay', it => it.amount('duration'))
  return {
    name,
    ha: fields.read('ha', it => it.flag()) ?? false,
    ...(home === undefined ? {} : { home }),
    priority:
      fields.read('priority', it => it.whole(-MAX_PRIORITY, MAX_PRIORITY)) ?? DEFAULT_PRIORITY,
    resources: amounts(fields, dimensions),
    ...(only === undefined ? {} : { only }),
    ...(never === undefined ? {} : { never }),
    pinned: fields.read('pinned', it => it.flag()) ?? false,
    ...(order === undefined ? {} : { order }),
    ...(delayMs === undefined ? {} : { delayMs }),
    desired: fields.read('desired', it => it.word(['running', 'stopped'])) ?? 'running',
  }
}

/** A list of names, none of them twice. */
function readNames(item: Item, what: string): readonly string[] {
  const names: string[] = []
  for (const one of item.list(`a list of ${what}`)) {
    const name = one.text('a name')
    if (name === undefined) continue
    if (names.includes(name)) one.expected('each name once', `'${name}' a second time`)
    else names.push(name)
  }
  return names
}

export function readGroups(item: Item): readonly Group[] {
  const groups: Group[] = []
  for (const [name, one] of item.entries('a map of groups, each by its name')) {
    if (!NAME.test(name)) one.expected(NAME_EXPECTED, `the group name '${name}'`)
    const fields = one.fields('a group', GROUP_FIELDS)
    const members = fields.required('members', 'a list of VMs', it => readNames(it, 'VMs'))
    const spread = fields.read('spread', it => it.text("'hwm' or a label"))
    const together = fields.read('together', it => it.text("'hwm' or a label"))
    const order = fields.read('order', it => it.whole(0, MAX_PRIORITY))
    const replicas = fields.read('replicas', it => it.whole(1, MAX_PRIORITY))
    groups.push({
      name,
      members: members ?? [],
      ...(spread === undefined ? {} : { spread }),
      ...(together === undefined ? {} : { together }),
      ...(order === undefined ? {} : { order }),
      ...(replicas === undefined ? {} : { replicas }),
    })
  }
  return groups
}

export function readFallbacks(item: Item): readonly HandMadeFallback[] {
  return item
    .list('a list of fallback maps, such as [{failed: [quark], map: {win7: snailin}}]')
    .map(one => {
      const fields = one.fields('a fallback map', FALLBACK_FIELDS)
      const failed = fields.required('failed', 'the HWMs that failed', it => readNames(it, 'HWMs'))
      const map: [string, string][] = []
      fields.required('map', 'where each HAVM restarts, such as {win7: snailin}', it => {
        for (const [vm, target] of it.entries('a map of HAVMs to HWMs')) {
          const hwm = target.text('the name of an HWM')
          if (hwm !== undefined) map.push([vm, hwm])
        }
        return map
      })
      return { failed: failed ?? [], map: Object.fromEntries(map) }
    })
}
