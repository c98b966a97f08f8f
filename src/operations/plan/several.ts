// Plans about several VMs at once: one after the other on paper, each on what those before it leave.
import type { ClusterSnapshot } from '../../model/snapshot.ts'
import { plural } from './common.ts'
import { NoPlan, type LeftOut, type LoadChange, type Plan } from './plan.ts'

/**
 * `planOne` plans one VM on the snapshot it is given. What cannot be planned is among the unplaced, with the reason. Throws `NoPlan` when
 * that is so for all of them; with one VM it is that VM's own plan.
 */
export function planSeveral(
  snapshot: ClusterSnapshot,
  vms: readonly string[],
  planOne: (snapshot: ClusterSnapshot, vm: string) => Plan,
): Plan {
  const [only] = vms
  if (vms.length === 1 && only !== undefined) return planOne(snapshot, only)
  const plans: Plan[] = []
  const unplaced: LeftOut[] = []
  let paper = snapshot
  for (const vm of vms) {
    try {
      const plan = planOne(paper, vm)
      plans.push(plan)
      paper = afterPlan(paper, plan)
    } catch (error) {
      if (!(error instanceof NoPlan)) throw error
      unplaced.push({ vm, kind: snapshot.vms[vm]?.kind ?? 'vm', why: error.message })
    }
  }
  const [first] = plans
  if (first === undefined) throw new NoPlan(unplaced[0]?.why ?? 'no VM is named')
  const moves = plans.flatMap(plan => plan.moves)
  return {
    ...first,
    subject: snapshot.cluster,
    sentence: sentenceOf(first.kind, moves, unplaced.length),
    moves,
    unplaced: [...unplaced, ...plans.flatMap(plan => plan.unplaced)],
    staying: plans.flatMap(plan => plan.staying),
    loads: loadsOf(plans),
    confirm: plans.some(plan => plan.confirm === 'name') ? 'name' : 'yes',
    notes: [...new Set(plans.flatMap(plan => plan.notes))],
    basis: {
      revision: first.basis.revision,
      hwms: Object.assign({}, ...plans.map(plan => plan.basis.hwms)),
      vms: Object.assign({}, ...plans.map(plan => plan.basis.vms)),
    },
  }
}

const VERBS: Readonly<Partial<Record<Plan['kind'], string>>> = {
  start: 'Start',
  stop: 'Stop',
  migrate: 'Move',
}

function sentenceOf(kind: Plan['kind'], moves: Plan['moves'], left: number): string {
  const count = moves.length
  const to = kind === 'migrate' ? ` to ${listed(moves.flatMap(move => move.targets[0] ?? []))}` : ''
  return `${VERBS[kind] ?? kind} ${plural(count, 'VM')}${to}${left > 0 ? `, ${left} cannot be` : ''}`
}

/** `quark and snailin`, each once. */
function listed(names: readonly string[]): string {
  const once = [...new Set(names)]
  const [last = '', ...others] = once.reverse()
  return others.length === 0 ? last : `${others.reverse().join(', ')} and ${last}`
}

/** The cluster as it would be once a plan were carried out, as far as the next one's room is concerned. */
function afterPlan(snapshot: ClusterSnapshot, { moves }: Plan): ClusterSnapshot {
  const hwms = { ...snapshot.hwms }
  const vms = { ...snapshot.vms }
  const change = (hwm: string | undefined, vm: string, sign: 1 | -1) => {
    const view = hwm === undefined ? undefined : hwms[hwm]
    if (!view) return
    const used: Record<string, number> = { ...view.used }
    for (const [dimension, amount] of Object.entries(snapshot.vms[vm]?.demand ?? {}))
      used[dimension] = Math.max(0, (used[dimension] ?? 0) + sign * amount)
    hwms[view.name] = { ...view, used }
  }
  for (const { vm, from, targets } of moves) {
    const view = vms[vm]
    if (!view) continue
    const [to] = targets
    change(from, vm, -1)
    change(to, vm, 1)
    vms[vm] =
      to === undefined ? { ...view, state: 'stopped' } : { ...view, state: 'running', where: to }
  }
  return { ...snapshot, hwms, vms }
}

function loadsOf(plans: readonly Plan[]): LoadChange[] {
  const loads = new Map<string, LoadChange>()
  for (const change of plans.flatMap(plan => plan.loads)) {
    const before = loads.get(change.hwm)?.before ?? change.before
    loads.set(change.hwm, { ...change, before })
  }
  return [...loads.values()]
}
