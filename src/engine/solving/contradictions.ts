// Rules that no map can keep, found one by one so that the refusal can name them: the search alone could only say that nothing fits.
import { mayRunOn, usable } from '../../solver/check/placement.ts'
import type { Problem, ProblemGroup, ProblemHwm, ProblemVm, Refusal } from '../../solver/problem.ts'

/** The first rule that contradicts others or has too few HWMs; undefined when none does by itself. Sound, not complete. */
export function contradiction(problem: Problem): Refusal | undefined {
  const vms = new Map(problem.vms.map(vm => [vm.name, vm]))
  for (const group of problem.groups) {
    const members = group.members.flatMap(name => vms.get(name) ?? [])
    const broken =
      (group.spread !== undefined && !canSpread(problem, group.spread, members)) ||
      (group.together !== undefined && !canBeTogether(problem, group.together, members))
    if (broken) return { kind: 'rule', rule: ruleOf(group), vms: group.members }
  }
  return undefined
}

function ruleOf({ name, spread, together }: ProblemGroup): string {
  const words = [
    ...(spread === undefined ? [] : [`spread per ${spread}`]),
    ...(together === undefined ? [] : [`together per ${together}`]),
  ]
  return `group ${name} (${words.join(', ')})`
}

function zoneOf(hwm: ProblemHwm, label: string): string {
  const value = label === 'hwm' ? undefined : hwm.labels?.[label]
  return value === undefined ? `hwm ${hwm.name}` : `label ${value}`
}

/** Where a VM could be if it were alone. */
function placesFor(problem: Problem, vm: ProblemVm): readonly ProblemHwm[] {
  if (vm.pinned === true) return problem.hwms.filter(hwm => hwm.name === vm.home)
  return problem.hwms.filter(
    hwm =>
      hwm.maintenance !== true &&
      mayRunOn(vm, hwm) &&
      Object.entries(vm.demand).every(
        ([dimension, amount]) => amount <= usable(problem, hwm, dimension),
      ),
  )
}

function zonesFor(problem: Problem, label: string, vm: ProblemVm): Set<string> {
  return new Set(placesFor(problem, vm).map(hwm => zoneOf(hwm, label)))
}

/** Whether each member can have a zone of its own: a matching of members to zones. */
function canSpread(problem: Problem, label: string, members: readonly ProblemVm[]): boolean {
  const zones = members.map(vm => zonesFor(problem, label, vm))
  const holder = new Map<string, number>()
  const place = (member: number, tried: Set<string>): boolean => {
    for (const zone of zones[member] ?? []) {
      if (tried.has(zone)) continue
      tried.add(zone)
      const other = holder.get(zone)
      if (other === undefined || place(other, tried)) {
        holder.set(zone, member)
        return true
      }
    }
    return false
  }
  return members.every((_, member) => place(member, new Set()))
}

function canBeTogether(problem: Problem, label: string, members: readonly ProblemVm[]): boolean {
  const [first, ...rest] = members.map(vm => zonesFor(problem, label, vm))
  return first === undefined || [...first].some(zone => rest.every(zones => zones.has(zone)))
}
