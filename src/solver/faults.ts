// What is wrong with a problem before any solving: each fault names the thing. Contradictions that need arithmetic are
// refusals of the solver, with a proof; these here are problems that cannot be read as one.
import type { Problem } from './problem.ts'

/** One thing that is wrong, about `subject` (an HWM, VM, group or dimension), as a sentence for people. */
export interface Fault {
  readonly subject: string
  readonly sentence: string
}

/** Thrown by every entry of the solver for a problem with faults. */
export class UnsoundProblem extends Error {
  readonly faults: readonly Fault[]
  constructor(faults: readonly Fault[]) {
    super(faults.map(fault => fault.sentence).join('\n'))
    this.name = 'UnsoundProblem'
    this.faults = faults
  }
}

function isAmount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}

/** All faults of a problem; none means that the solver accepts it. */
export function faultsOf(problem: Problem): Fault[] {
  const faults: Fault[] = []
  const fault = (subject: string, sentence: string): void => {
    faults.push({ subject, sentence })
  }
  const twice = (kind: string, names: readonly string[]): Set<string> => {
    const seen = new Set<string>()
    for (const name of names) {
      if (seen.has(name))
        fault(name, `The ${kind} ${name} is there twice; each needs a name of its own.`)
      seen.add(name)
    }
    return seen
  }
  const dimensions = twice('dimension', problem.dimensions)
  const hwms = twice(
    'HWM',
    problem.hwms.map(hwm => hwm.name),
  )
  const vms = twice(
    'VM',
    problem.vms.map(vm => vm.name),
  )
  twice(
    'group',
    problem.groups.map(group => group.name),
  )

  const amounts = (
    kind: string,
    subject: string,
    word: string,
    resources: Readonly<Record<string, number>>,
  ): void => {
    for (const [dimension, value] of Object.entries(resources)) {
      if (!dimensions.has(dimension)) {
        fault(
          subject,
          `The ${word} of ${kind} ${subject} names ${dimension}, which is no dimension of this cluster.`,
        )
      } else if (!isAmount(value) && !(word === 'capacity' && value === Infinity)) {
        fault(
          subject,
          `The ${word} of ${kind} ${subject} has ${dimension} = ${value}; it must be a whole number from 0 on.`,
        )
      }
    }
  }
  for (const hwm of problem.hwms) {
    amounts('HWM', hwm.name, 'capacity', hwm.capacity)
    amounts('HWM', hwm.name, 'reserve', hwm.reserve ?? {})
  }
  for (const vm of problem.vms) {
    amounts('VM', vm.name, 'demand', vm.demand)
    if (vm.home !== undefined && !hwms.has(vm.home)) {
      fault(vm.name, `The home of VM ${vm.name} is ${vm.home}, which is no HWM of this cluster.`)
    }
    for (const name of [...(vm.only ?? []), ...(vm.never ?? [])]) {
      if (!hwms.has(name))
        fault(vm.name, `A rule of VM ${vm.name} names ${name}, which is no HWM of this cluster.`)
    }
    if (vm.pinned && vm.home === undefined) {
      fault(vm.name, `The VM ${vm.name} is pinned but has no home to stay on.`)
    }
  }
  for (const group of problem.groups) {
    twice(`member of group ${group.name}`, group.members)
    for (const name of group.members) {
      if (!vms.has(name))
        fault(group.name, `The group ${group.name} names ${name}, which is no VM of this cluster.`)
    }
    if (
      group.spread !== undefined &&
      group.together !== undefined &&
      group.spread === group.together
    ) {
      fault(group.name, `The group ${group.name} is both spread and together per ${group.spread}.`)
    }
  }
  for (const [dimension, ratio] of Object.entries(problem.overcommit ?? {})) {
    if (!(ratio > 0) || !Number.isFinite(ratio)) {
      fault(dimension, `The overcommit of ${dimension} is ${ratio}; it must be above 0.`)
    }
  }
  if (!Number.isInteger(problem.tolerate) || problem.tolerate < 0) {
    fault('tolerate', `tolerate is ${problem.tolerate}; it must be a whole number from 0 on.`)
  }
  return faults
}
