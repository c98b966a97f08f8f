// Proofs as sentences for people.
import type { CounterExample, Refusal } from './problem.ts'

function refusalSentence(refusal: Refusal): string {
  switch (refusal.kind) {
    case 'nowhere':
      return refusal.dimension === undefined
        ? `No HWM may run ${refusal.vm}.`
        : `${refusal.vm} fits on no HWM that may run it: even the nearest lacks ${refusal.missing} of ${refusal.dimension}.`
    case 'units':
      return refusal.unit === 1
        ? `${refusal.dimension} does not suffice: ${refusal.needed} is needed, ${refusal.available} is there.`
        : `${refusal.dimension} does not suffice: in pieces of ${refusal.unit}, ${refusal.needed} are needed and there is room for ${refusal.available}.`
    case 'slots':
      return `${Object.keys(refusal.unit).join(' and ')} together do not suffice: counted in VMs of one size, ${refusal.needed} are needed and there is room for ${refusal.available}.`
    case 'average':
      return `No map survives ${refusal.tolerate} failures: on average over the failure sets, ${refusal.dimension} does not suffice for the HAVMs of the failed.`
    case 'largest':
      return `No map survives ${refusal.tolerate} failures: when ${refusal.failed.join(', ')} fail, ${refusal.dimension} of the others does not suffice for the HAVMs, wherever they were.`
    case 'refuge':
      return `No map survives ${refusal.tolerate} failures: ${refusal.vm} could restart in ${refusal.units} other places at most.`
    case 'failures':
      return `No map survives ${refusal.tolerate} failures: there are only ${refusal.units} places that can fail apart.`
    case 'rule':
      return `The rule ${refusal.rule} cannot be kept for ${refusal.vms.join(', ')}.`
    case 'replicas':
      return `${refusal.running} of the group ${refusal.group} go on running, ${refusal.needed} must.`
    case 'search':
      return (refusal.tolerate ?? 0) === 0
        ? 'Every map was tried, none fits.'
        : `Every map was tried, none survives ${refusal.tolerate} failures.`
  }
}

/** Why something is impossible, in one sentence. */
export function sentenceOf(why: Refusal | CounterExample): string {
  if ('kind' in why) return refusalSentence(why)
  if (why.proof.kind === 'replicas')
    return `When ${why.failed.join(', ')} fail, ${refusalSentence(why.proof)}`
  const who = why.vms.length > 5 ? `${why.vms.length} HAVMs` : why.vms.join(', ')
  const what =
    why.dimension === undefined
      ? `the rule ${why.rule ?? ''} cannot be kept`
      : `${why.dimension} lacks ${why.missing ?? 0}`
  return `When ${why.failed.join(', ')} fail, ${who} cannot restart: ${what}.`
}
