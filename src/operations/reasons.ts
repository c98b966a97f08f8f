// Why something is impossible, as a sentence with amounts as people read them.
import { humanAmount } from '../model/human.ts'
import type { CounterExample, Refusal } from '../solver/problem.ts'

const MOST_NAMES = 5

/** `a, b, c and 4 more`. */
export function named(names: readonly string[]): string {
  return names.length <= MOST_NAMES
    ? names.join(', ')
    : `${names.slice(0, MOST_NAMES).join(', ')} and ${names.length - MOST_NAMES} more`
}

export function reasonText(why: Refusal | CounterExample): string {
  return 'kind' in why ? refusalText(why) : counterText(why)
}

/** `when a, b fail: x, y cannot restart, ram short 6 GiB`. */
export function counterText({
  failed,
  vms,
  dimension,
  missing,
  rule,
  proof,
}: CounterExample): string {
  if (proof.kind === 'replicas')
    return `when ${named(failed)} ${failed.length === 1 ? 'fails' : 'fail'}: ${goesOn(proof)}`
  const what =
    dimension === undefined
      ? rule === undefined
        ? 'no HWM may take them'
        : `the rule ${rule} forbids it`
      : `${dimension} short ${humanAmount(dimension, missing ?? 0)}`
  if (failed.length === 0) return `before anything fails: ${what} for ${named(vms)}`
  return `when ${named(failed)} ${failed.length === 1 ? 'fails' : 'fail'}: ${named(vms)} cannot restart, ${what}`
}

/** `snailin: ram short 6 GiB`, for where there is little room. */
export function shortText(why: CounterExample): string {
  const who = why.failed.length === 0 ? 'now' : named(why.failed)
  return `${who}: ${shortage(why)}`
}

/** What is short: a dimension, or a rule. */
export function shortage({ dimension, missing, rule, vms, proof }: CounterExample): string {
  if (proof.kind === 'replicas') return goesOn(proof)
  if (dimension !== undefined) return `${dimension} short ${humanAmount(dimension, missing ?? 0)}`
  return rule === undefined ? `no HWM may take ${named(vms)}` : `the rule ${rule} forbids it`
}

function goesOn({ group, running, needed }: Refusal & { kind: 'replicas' }): string {
  return `${running} of ${group} ${running === 1 ? 'goes' : 'go'} on running, ${needed} must`
}

function failures(count: number): string {
  return `${count} ${count === 1 ? 'failure' : 'failures'}`
}

function refusalText(refusal: Refusal): string {
  switch (refusal.kind) {
    case 'nowhere':
      return refusal.dimension === undefined
        ? `no HWM may run ${refusal.vm}`
        : `${refusal.vm} fits on no HWM that may run it: the nearest is ${refusal.dimension} short ${humanAmount(refusal.dimension, refusal.missing ?? 0)}`
    case 'units': {
      const { dimension, unit, needed, available } = refusal
      return unit === 1
        ? `${dimension} is short ${humanAmount(dimension, needed - available)}: the VMs ask for ${humanAmount(dimension, needed)}, the HWMs give ${humanAmount(dimension, available)}`
        : `${dimension} does not suffice: in pieces of ${humanAmount(dimension, unit)}, VMs ask for ${needed} and HWMs hold ${available}`
    }
    case 'slots':
      return `${named(Object.keys(refusal.unit))} together do not suffice: counted in VMs of one size, ${refusal.needed} are needed and there is room for ${refusal.available}`
    case 'average':
      return `no map survives ${failures(refusal.tolerate)}: ${refusal.dimension} does not suffice for the HAVMs of the failed, on average over the failure sets`
    case 'largest':
      return `no map survives ${failures(refusal.tolerate)}: should ${named(refusal.failed)} fail, ${refusal.dimension} of the others does not suffice for the HAVMs, wherever they were`
    case 'refuge':
      return `no map survives ${failures(refusal.tolerate)}: ${refusal.vm} could restart ${refusal.units === 0 ? 'nowhere' : `in ${refusal.units} other ${refusal.units === 1 ? 'place' : 'places'} at most`}`
    case 'failures':
      return `no map survives ${failures(refusal.tolerate)}: only ${refusal.units} places can fail apart, and there are HAVMs`
    case 'rule':
      return `the rule ${refusal.rule} cannot be kept for ${named(refusal.vms)}`
    case 'replicas':
      return goesOn(refusal)
    case 'search':
      return (refusal.tolerate ?? 0) === 0
        ? 'every map was ruled out by complete search'
        : `no map survives ${failures(refusal.tolerate ?? 0)}: every one was ruled out by complete search`
  }
}
