// When a step may be left as it is, or turn to its next target: nothing of its VM may depend on what was begun.
import type { Decision } from './decide.ts'
import { endOf, type VmFacts } from './facts.ts'
import type { Step } from '../model/operation.ts'

/** Whether a step can be left here and now: its VM is where it was, and nothing has been given up yet. */
export function isLeavable(
  current: Step,
  wasAskedToShutDown: boolean,
  decision: Decision,
  facts: VmFacts,
): boolean {
  if (current.method === 'restart' || current.method === 'start') {
    return decision.do === 'prepare' || decision.do === 'bar' || decision.do === 'permit'
  }
  // What waits at a silent destination has no permit: it can never run there, and the guest need not wait for it.
  if (decision.do === 'wait') return runsAtSource(current, facts)
  return decision.do === 'migrate' || (decision.do === 'shutdown' && !wasAskedToShutDown)
}

/** Its CPUs run where it was, or are paused as its owner left them, and its permit is there: nothing of it depends on anybody else. */
function runsAtSource({ from, keepPaused }: Step, facts: VmFacts): boolean {
  if (from === undefined) return false
  const source = endOf(facts, from)
  const holder = facts.permit?.node
  return (
    (holder === undefined || holder === from) &&
    source.known &&
    (source.domain === 'running' || (keepPaused && source.domain === 'held'))
  )
}

/**
 * Whether the step has another target and may turn to it: a VM that starts waits nowhere else for its permit (the tables see to that), one
 * that moves still runs where it was.
 */
export function canRetarget(current: Step, facts: VmFacts | undefined): boolean {
  if (current.target + 1 >= current.targets.length) return false
  if (current.method === 'restart' || current.method === 'start') return true
  return facts !== undefined && runsAtSource(current, facts)
}
