// What one part of a configuration says about another: names that must be there, numbers that must fit together.
// Pure over the configuration, so that it serves a file, a change about to be applied, and what lies in etcd.
import type { ClusterConfig, FenceDevice, Group, Hwm, Settings, Vm } from '../cluster.ts'
import { humanAmount, humanDuration } from '../human.ts'
import { allowedHwms, mayRun } from '../placement.ts'
import { checkFallbacks } from './check-fallbacks.ts'
import { Check } from './checking.ts'
import { type Finding, oneOf, type Path } from './problem.ts'

/** Everything that does not fit together in a configuration; errors and warnings in no particular order. */
export function checkConfig(config: ClusterConfig): readonly Finding[] {
  const check = new Check(config)
  checkSafety(check, config.settings.safety)
  checkCluster(check)
  for (const hwm of config.hwms) checkHwm(check, hwm)
  checkSharing(check)
  for (const vm of config.vms) checkVm(check, vm)
  for (const group of config.groups) checkGroup(check, group)
  checkFallbacks(check)
  return check.findings
}

/** SAFETY.md's protocol: an HWM must have time to renew, to stop its HAVMs, and to be reset, in this order. */
function checkSafety(check: Check, { h, ttl, A, D, w }: Settings['safety']): void {
  const at = (name: string): Path => ['settings', 'safety', name]
  if (h < 100) check.error(at('h'), humanDuration(h), 'a renewal interval of 100 ms or more')
  if (ttl < 2 * h) {
    check.error(
      at('ttl'),
      humanDuration(ttl),
      `at least twice h (${humanDuration(2 * h)}), or one late renewal is a failure`,
    )
  }
  if (A < 2 * h) {
    check.error(
      at('A'),
      humanDuration(A),
      `at least twice h (${humanDuration(2 * h)}), or one late renewal stops the HAVMs`,
    )
  }
  if (D < A + 1000) {
    check.error(
      at('D'),
      humanDuration(D),
      `at least A and one second (${humanDuration(A + 1000)}), the time to stop HAVMs in`,
    )
  }
  if (w < 2000)
    check.error(at('w'), humanDuration(w), 'at least 2 s, as the watchdog is kicked once a second')
}

function checkCluster(check: Check): void {
  const { config } = check
  if (config.tolerate >= config.hwms.length && config.tolerate > 0) {
    const count = config.hwms.length === 1 ? 'one HWM' : `${config.hwms.length} HWMs`
    check.warn(
      ['tolerate'],
      `${config.tolerate} with ${count}`,
      'fewer than there are HWMs, so that one is left to restart VMs on',
    )
  }
  const label = config.failureDomains
  if (label === undefined) return
  const without = config.hwms.filter(hwm => hwm.labels[label] === undefined).map(hwm => hwm.name)
  if (without.length === config.hwms.length) {
    check.error(
      ['failureDomains'],
      `'${label}'`,
      oneOf('a label that HWMs have', label, allLabels(config)),
    )
  } else if (without.length > 0) {
    check.warn(
      ['failureDomains'],
      `'${label}', which ${without.join(', ')} does not have`,
      'that label on every HWM',
    )
  }
}

function allLabels(config: ClusterConfig): readonly string[] {
  return [...new Set(config.hwms.flatMap(hwm => Object.keys(hwm.labels)))]
}

const SECRET_OPTION = /^(password|passwd|ipmi_?password|secret|token)$/i

function checkHwm(check: Check, hwm: Hwm): void {
  const path = ['hwms', hwm.name]
  for (const [dimension, reserved] of Object.entries(hwm.reserve)) {
    const capacity = hwm.capacity[dimension]
    if (capacity !== undefined && reserved > capacity) {
      const most = `at most its capacity of ${humanAmount(dimension, capacity)}`
      check.error([...path, 'reserve', dimension], humanAmount(dimension, reserved), most)
    }
  }
  for (const [index, device] of hwm.fence.entries()) {
    for (const option of Object.keys(device.options)) {
      if (!SECRET_OPTION.test(option)) continue
      const found = `the option '${option}', which everybody who reads this file or etcd can see`
      check.warn(
        [...path, 'fence', index, 'options', option],
        found,
        'password-file, the path of a file on the HWMs',
      )
    }
  }
}

/** Two HWMs with one libvirt, or one fence device, are a mistake of copying. */
function checkSharing(check: Check): void {
  const libvirts = new Map<string, string>()
  const devices = new Map<string, string>()
  for (const hwm of check.config.hwms) {
    const first = libvirts.get(hwm.libvirt)
    if (hwm.libvirt === '') continue
    if (first === undefined) libvirts.set(hwm.libvirt, hwm.name)
    else
      check.error(['hwms', hwm.name, 'libvirt'], `the libvirt of ${first}`, 'a libvirt of its own')
    for (const [index, device] of hwm.fence.entries()) {
      const key = JSON.stringify([device.agent, sortedOptions(device)])
      const owner = devices.get(key)
      if (owner === undefined) devices.set(key, hwm.name)
      else
        check.error(
          ['hwms', hwm.name, 'fence', index],
          `the fence device of ${owner}`,
          'a device that turns off this HWM alone',
        )
    }
  }
}

function sortedOptions(device: FenceDevice): readonly (readonly [string, string])[] {
  return Object.entries(device.options).sort(([a], [b]) => (a < b ? -1 : 1))
}

function checkVm(check: Check, vm: Vm): void {
  const path = ['vms', vm.name]
  let namesAreKnown = vm.home === undefined || check.hwm([...path, 'home'], vm.home)
  for (const list of ['only', 'never'] as const) {
    for (const [index, name] of (vm[list] ?? []).entries()) {
      namesAreKnown = check.hwm([...path, list, index], name) && namesAreKnown
    }
  }
  if (!namesAreKnown) return
  const allowed = allowedHwms(check.config, vm)
  if (allowed.length === 0) {
    check.error(path, "'only' and 'never' that leave no HWM", 'at least one HWM that may run it')
    return
  }
  if (vm.home !== undefined && !mayRun(vm, vm.home)) {
    const rule = vm.never?.includes(vm.home) ? "is in 'never'" : "is not in 'only'"
    check.error(
      [...path, 'home'],
      `'${vm.home}', which ${rule}`,
      `an HWM that may run it (${allowed.map(hwm => hwm.name).join(', ')})`,
    )
  }
  if (vm.ha && allowed.length === 1 && check.hwms.size > 1) {
    check.warn(
      path,
      `an HAVM that only ${allowed[0]?.name} may run`,
      'another HWM where it can restart',
    )
  }
  checkFits(check, vm, allowed)
}

/** A VM that is larger than every HWM it may run on can run nowhere. */
function checkFits(check: Check, vm: Vm, allowed: readonly Hwm[]): void {
  for (const [dimension, demand] of Object.entries(vm.resources)) {
    const largest = check.largestOf(allowed, dimension)
    if (largest === undefined || demand <= largest) continue
    const most = `at most ${humanAmount(dimension, largest)}, the most an HWM gives that may run it`
    check.warn(['vms', vm.name, dimension], humanAmount(dimension, demand), most)
  }
}

function checkGroup(check: Check, group: Group): void {
  const path = ['groups', group.name]
  for (const [index, member] of group.members.entries())
    check.vm([...path, 'members', index], member)
  const labels = ['hwm', ...allLabels(check.config)]
  for (const rule of ['spread', 'together'] as const) {
    const over = group[rule]
    if (over !== undefined && !labels.includes(over)) {
      check.error(
        [...path, rule],
        `'${over}'`,
        oneOf("'hwm' or a label that HWMs have", over, labels),
      )
    }
  }
  if (group.spread !== undefined && group.spread === group.together) {
    check.error(
      [...path, 'together'],
      `'${group.together}', over which they are spread too`,
      'one of spread and together',
    )
  }
  if (group.replicas !== undefined && group.replicas > group.members.length) {
    check.error(
      [...path, 'replicas'],
      String(group.replicas),
      `at most its ${group.members.length} members`,
    )
  }
}
