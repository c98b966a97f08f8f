// What a step may do next. Three small tables, one per goal, over the facts of facts.ts; SAFETY's rules are their rows.
// They have no memory: a step that was cut off anywhere is taken up by looking at both ends and asking the table again.
import { endOf, isGone, isOver, type VmFacts } from './facts.ts'

/** Live: by migration, ending paused. Cold: shut down here, started there. */
export interface MoveGoal {
  readonly kind: 'move'
  readonly vm: string
  readonly from: string
  readonly to: string
  readonly method: 'live' | 'cold'
  /** It was paused by its owner before: it arrives paused and is left so. */
  readonly keepPaused: boolean
}

/** The VM shall run at `at`: a restart after its HWM died, or a plain start. */
export interface RunGoal {
  readonly kind: 'run'
  readonly vm: string
  readonly at: string
  /** Where it was seen last, whoever has its permit. */
  readonly from?: string
}

/** The VM shall not run: a shutdown through yasco. */
export interface StopGoal {
  readonly kind: 'stop'
  readonly vm: string
  readonly at: string
}

export type Goal = MoveGoal | RunGoal | StopGoal

/** What the agent of one HWM, or the conductor, carries out next. Every one is followed by a new look. */
export type Action =
  /** Ask whether the HWM could run it, before anything is given up elsewhere. */
  | { readonly do: 'prepare'; readonly at: string }
  /** All of libvirt's phases, ending paused at `to`; the permit stays with `from`. */
  | { readonly do: 'migrate'; readonly from: string; readonly to: string }
  /** Cut `against` off from the shared storage. */
  | { readonly do: 'bar'; readonly against: string }
  /** One transaction: the permit goes to `to`, if it still is as it was seen. */
  | { readonly do: 'permit'; readonly to: string; readonly proof: string }
  /** Define it if need be, and start it paused. */
  | { readonly do: 'start'; readonly at: string }
  /** Confirm the permit by a transaction, then let its CPUs run. */
  | { readonly do: 'resume'; readonly at: string }
  /** Ask the guest to shut down. */
  | { readonly do: 'shutdown'; readonly at: string }
  | { readonly do: 'destroy'; readonly at: string; readonly why: string }

export type Decision =
  | Action
  /** `on`: the HWM whose answer (or proof) is waited for. */
  | { readonly do: 'wait'; readonly for: string; readonly on?: string }
  | { readonly do: 'done'; readonly note: string }
  | { readonly do: 'refuse'; readonly why: string }

export function decide(goal: Goal, facts: VmFacts): Decision {
  if (facts.unidentified !== undefined) return refuse(facts.unidentified)
  const first = facts.elsewhere[0]
  if (first !== undefined)
    return refuse(`${goal.vm} runs on ${first}, which this step knows nothing of`)
  switch (goal.kind) {
    case 'move':
      return decideMove(goal, facts)
    case 'run':
      return decideRun(goal, facts)
    case 'stop':
      return decideStop(goal, facts)
  }
}

function decideMove(goal: MoveGoal, facts: VmFacts): Decision {
  const { vm, from, to } = goal
  const source = endOf(facts, from)
  const holder = facts.permit?.node
  if (holder === undefined) {
    // Never started through yasco: what runs alone is given its permit; what does not run has nothing to move.
    if (!source.known) return waitOn(facts, from, `to say whether ${vm} runs there`)
    if (source.domain !== 'running') return refuse(`${vm} does not run on ${from}`)
    return isOver(facts, to)
      ? permit(from, 'found running')
      : waitOn(facts, to, `to say that it has no copy of ${vm}`)
  }
  if (holder === to) return arrived(goal, facts)
  if (holder !== from) {
    // Started by hand while etcd was gone (docs/break-glass.md): it is given its permit where it runs, once its holder is seen not to.
    const isRunning = source.known && source.domain === 'running'
    if (isRunning && isOver(facts, holder) && isOver(facts, to))
      return permit(from, 'found running')
    if (isRunning && !endOf(facts, holder).known)
      return waitOn(facts, holder, `to say that it does not run ${vm}, or proof that it is dead`)
    return refuse(`the permit for ${vm} is with ${holder}, not with ${from}`)
  }
  if (!source.known) return sourceUnknown(goal, facts)
  const stray = decideStray(goal, facts)
  if (stray !== undefined) return stray
  switch (source.domain) {
    case 'running':
      return goal.method === 'live' ? moveLive(goal, facts) : stopForMove(goal, facts)
    case 'held':
      return sourceHeld(goal, facts)
    case 'incoming':
      return refuse(`${from} itself is still receiving ${vm}`)
    case 'crashed':
      return { do: 'destroy', at: from, why: `${vm} crashed there` }
    case 'off':
    case 'absent':
      return sourceGone(goal, facts, source.ownAccord)
  }
}

/** Copies at HWMs that were tried as its destination before: they have no permit, and go before the source may run on or move again. */
function decideStray({ vm, from, to }: MoveGoal, facts: VmFacts): Decision | undefined {
  const source = endOf(facts, from)
  for (const hwm of Object.keys(facts.ends)) {
    if (hwm === from || hwm === to || isOver(facts, hwm)) continue
    const end = endOf(facts, hwm)
    if (!end.known) {
      // What waits there unseen cannot run; only a source that might have handed over to it must not.
      if (source.known && source.domain === 'running') continue
      return waitOn(facts, hwm, `to say that it has no copy of ${vm}, or proof that it is dead`)
    }
    if (source.known && isGone(source))
      return refuse(`a copy of ${vm} is ${end.domain} on ${hwm}: look there first`)
    if (end.domain === 'running')
      return refuse(`${vm} runs on ${hwm} without a permit: look there first`)
    return { do: 'destroy', at: hwm, why: `a copy of ${vm} that has no permit` }
  }
  return undefined
}

/** The permit is at the destination: it may run there, and nowhere else. */
function arrived(goal: MoveGoal, facts: VmFacts): Decision {
  const { vm, from, to } = goal
  const source = endOf(facts, from)
  // Started by hand where its permit is not, and seen not to run where it is: as in decideMove.
  if (source.known && source.domain === 'running' && isOver(facts, to))
    return permit(from, 'found running')
  if (source.known && source.domain !== 'absent' && source.domain !== 'off') {
    return refuse(
      `${vm} is ${source.domain} on ${from} although its permit is with ${to}: look there first`,
    )
  }
  if (goal.keepPaused) {
    const end = endOf(facts, to)
    if (end.known && end.domain === 'held') return { do: 'done', note: 'left paused, as it was' }
  }
  return runWithPermit(vm, to, facts)
}

function moveLive(goal: MoveGoal, facts: VmFacts): Decision {
  const { vm, from, to } = goal
  const destination = endOf(facts, to)
  if (isGone(destination)) {
    return prepared(facts, to) ?? { do: 'migrate', from, to }
  }
  if (!destination.known) return waitOn(facts, to, `to answer; ${vm} goes on at ${from}`)
  return { do: 'destroy', at: to, why: `a copy of ${vm} that has no permit` }
}

function stopForMove(goal: MoveGoal, facts: VmFacts): Decision {
  const { vm, from, to } = goal
  const destination = endOf(facts, to)
  if (!destination.known) return waitOn(facts, to, `to answer; ${vm} goes on at ${from}`)
  if (!isGone(destination))
    return { do: 'destroy', at: to, why: `a copy of ${vm} that has no permit` }
  return prepared(facts, to) ?? { do: 'shutdown', at: from }
}

/** The source is paused with all its state: a migration was cut off after the switch. Its copy must be gone before it may go on. */
function sourceHeld(goal: MoveGoal, facts: VmFacts): Decision {
  const { vm, from, to } = goal
  const destination = endOf(facts, to)
  if (isOver(facts, to)) {
    if (goal.keepPaused) return moveLive(goal, facts)
    return { do: 'resume', at: from }
  }
  if (!destination.known)
    return waitOn(facts, to, `to answer, or proof that it is dead; ${vm} stays paused at ${from}`)
  if (destination.domain === 'running') {
    return refuse(`${vm} runs on ${to} without a permit and is paused on ${from}: look there first`)
  }
  return { do: 'destroy', at: to, why: `the source still has ${vm}` }
}

function sourceUnknown(goal: MoveGoal, facts: VmFacts): Decision {
  const { vm, from, to } = goal
  const proof = facts.proofs[from]
  if (proof === undefined) return waitOn(facts, from, `to answer, or proof that it is dead`)
  const destination = endOf(facts, to)
  if (!destination.known) return waitOn(facts, to, `to answer`)
  if (destination.domain === 'incoming' || destination.domain === 'crashed') {
    return { do: 'destroy', at: to, why: `its source died before ${vm} was copied whole` }
  }
  return barred(facts, from) ?? prepared(facts, to) ?? permit(to, proof)
}

function sourceGone(goal: MoveGoal, facts: VmFacts, ownAccord: boolean): Decision {
  const { vm, from, to } = goal
  const source = endOf(facts, from)
  if (!isGone(source)) return wait(`the QEMU process of ${vm} to vanish from ${from}`)
  const destination = endOf(facts, to)
  if (!destination.known) return waitOn(facts, to, `to answer`)
  switch (destination.domain) {
    case 'held':
    case 'running':
      return permit(to, `gone from ${from}`)
    case 'incoming':
    case 'crashed':
      return { do: 'destroy', at: to, why: `its source is gone and ${vm} was not copied whole` }
    case 'off':
    case 'absent':
      if (!isGone(destination)) return wait(`the QEMU process of ${vm} to vanish from ${to}`)
      if (ownAccord && goal.method === 'live')
        return { do: 'done', note: 'shut itself down before it was moved' }
      return prepared(facts, to) ?? permit(to, `gone from ${from}`)
  }
}

function decideRun(goal: RunGoal, facts: VmFacts): Decision {
  const { vm, at, from } = goal
  const holder = facts.permit?.node
  if (holder === at) return runWithPermit(vm, at, facts)
  const here = endOf(facts, at)
  if (!here.known) return waitOn(facts, at, `to answer`)
  if (holder === undefined) {
    const others = Object.keys(facts.ends).filter(hwm => hwm !== at)
    const other = others.find(hwm => !isOver(facts, hwm))
    if (other !== undefined)
      return waitOn(facts, other, `to say that it does not run ${vm}, or proof that it is dead`)
    // It may have run on those that died, started by other hands than ours.
    const dead = others.filter(hwm => !isGone(endOf(facts, hwm)))
    const bar = dead.map(hwm => barred(facts, hwm)).find(each => each !== undefined)
    const proof = dead.map(hwm => facts.proofs[hwm]).find(each => each !== undefined)
    return bar ?? prepared(facts, at) ?? permit(at, proof ?? 'nobody else has it')
  }
  if (!isOver(facts, holder)) {
    const there = endOf(facts, holder)
    if (!there.known) return waitOn(facts, holder, `to answer, or proof that it is dead`)
    return refuse(`${vm} is ${there.domain} on ${holder}, which has its permit`)
  }
  if (from !== undefined && from !== at && from !== holder && !isOver(facts, from)) {
    return endOf(facts, from).known
      ? refuse(`${vm} is on ${from}, although its permit is with ${holder}: look there first`)
      : waitOn(facts, from, `to say that it does not run ${vm}, or proof that it is dead`)
  }
  if (here.domain === 'incoming' || here.domain === 'crashed') {
    return { do: 'destroy', at, why: `an incomplete copy of ${vm}` }
  }
  const proof = facts.proofs[holder]
  // A proof stands for a whole HWM whose QEMUs might still reach the disks; one that was seen gone cannot write any more.
  if (proof !== undefined && !isGone(endOf(facts, holder))) {
    return barred(facts, holder) ?? prepared(facts, at) ?? permit(at, proof)
  }
  return prepared(facts, at) ?? permit(at, `gone from ${holder}`)
}

/** `at` has the permit: bring it to run there. */
function runWithPermit(vm: string, at: string, facts: VmFacts): Decision {
  const end = endOf(facts, at)
  if (!end.known) return waitOn(facts, at, `to answer`)
  switch (end.domain) {
    case 'running':
      return { do: 'done', note: '' }
    case 'held':
      return { do: 'resume', at }
    case 'incoming':
    case 'crashed':
      return { do: 'destroy', at, why: `what is there of ${vm} cannot run` }
    case 'off':
    case 'absent':
      if (!isGone(end)) return wait(`the old QEMU process of ${vm} to vanish from ${at}`)
      return prepared(facts, at) ?? { do: 'start', at }
  }
}

function decideStop(goal: StopGoal, facts: VmFacts): Decision {
  const { vm, at } = goal
  const end = endOf(facts, at)
  if (!end.known) {
    return facts.proofs[at] === undefined
      ? waitOn(facts, at, `to answer`)
      : { do: 'done', note: `${at} is proved dead` }
  }
  switch (end.domain) {
    case 'running':
      return { do: 'shutdown', at }
    case 'held':
    case 'incoming':
    case 'crashed':
      return { do: 'destroy', at, why: 'it cannot shut down by itself' }
    case 'off':
    case 'absent':
      return isGone(end)
        ? { do: 'done', note: '' }
        : wait(`the QEMU process of ${vm} to vanish from ${at}`)
  }
}

function prepared(facts: VmFacts, at: string): Decision | undefined {
  const ready = facts.ready[at]
  if (ready === 'ready') return undefined
  return ready === undefined
    ? { do: 'prepare', at }
    : refuse(`${at} cannot run it: ${ready.refused}`)
}

function barred(facts: VmFacts, against: string): Decision | undefined {
  if (facts.barred === undefined || facts.barred.includes(against)) return undefined
  return { do: 'bar', against }
}

function permit(to: string, proof: string): Decision {
  return { do: 'permit', to, proof }
}

function wait(reason: string): Decision {
  return { do: 'wait', for: reason }
}

/** For an HWM that did not answer, or for what it alone can say. */
function waitOn(facts: VmFacts, hwm: string, what: string): Decision {
  const end = endOf(facts, hwm)
  const because = !end.known && end.why !== undefined ? ` (${end.why})` : ''
  return { do: 'wait', for: `${hwm} ${what}${because}`, on: hwm }
}

function refuse(why: string): Decision {
  return { do: 'refuse', why }
}
