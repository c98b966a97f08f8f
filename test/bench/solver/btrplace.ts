// Reads BtrPlace's instances (gzip JSON): who runs where, what is asked for now, and what `preserve` raises it to.
import type { Problem, ProblemVm } from '../../../src/solver/problem.ts'

interface View {
  readonly id: string
  readonly rcId?: string
  readonly nodes?: Readonly<Record<string, number>>
  readonly vms?: Readonly<Record<string, number>>
  readonly defConsumption?: string | number
  readonly defCapacity?: string | number
}

interface Constraint {
  readonly id: string
  readonly rc?: string
  readonly amount?: number
  readonly vm?: number
  readonly nodes?: readonly number[]
}

interface Instance {
  readonly model: {
    readonly mapping: {
      readonly readyVMs: readonly number[]
      readonly onlineNodes: Readonly<
        Record<
          string,
          { readonly runningVMs: readonly number[]; readonly sleepingVMs: readonly number[] }
        >
      >
    }
    readonly views: readonly View[]
  }
  readonly constraints: readonly Constraint[]
}

/** VMs that are ready and are to run have no home. Nodes that are off are left out. Throws for constraints it does not know. */
export function problemOfBtrplace(text: string): Problem {
  const { model, constraints } = JSON.parse(text) as Instance
  const views = model.views.filter(view => view.id === 'shareableResource')
  const demand = new Map<number, Record<string, number>>()
  const home = new Map<number, string>()
  const wanted = new Set<number>()
  const capacity = new Map<string, Record<string, number>>()
  for (const [node, { runningVMs }] of Object.entries(model.mapping.onlineNodes)) {
    for (const vm of runningVMs) {
      home.set(vm, node)
      wanted.add(vm)
    }
    capacity.set(
      node,
      Object.fromEntries(
        views.map(view => [view.rcId!, view.nodes?.[node] ?? Number(view.defCapacity)]),
      ),
    )
  }
  for (const constraint of constraints) {
    if (constraint.id === 'running') wanted.add(constraint.vm!)
    else if (constraint.id === 'resourceCapacity') {
      // A limit on what VMs take there in sum; these instances name one node each time.
      if (constraint.nodes?.length !== 1)
        throw new Error('A resourceCapacity of several nodes is not known here.')
      const limits = capacity.get(String(constraint.nodes[0]))!
      limits[constraint.rc!] = Math.min(limits[constraint.rc!]!, constraint.amount!)
    } else if (!['preserve', 'online', 'offline'].includes(constraint.id)) {
      throw new Error(`The constraint ${constraint.id} is not known here.`)
    }
  }
  for (const vm of wanted) {
    demand.set(
      vm,
      Object.fromEntries(
        views.map(view => [view.rcId!, view.vms?.[vm] ?? Number(view.defConsumption)]),
      ),
    )
  }
  for (const { id, vm, rc, amount } of constraints) {
    if (id !== 'preserve') continue
    const now = demand.get(vm!)
    if (now !== undefined) now[rc!] = Math.max(now[rc!] ?? 0, amount!)
  }
  return {
    dimensions: views.map(view => view.rcId!),
    hwms: [...capacity].map(([name, amounts]) => ({ name: `n${name}`, capacity: amounts })),
    vms: [...wanted].map((vm): ProblemVm => {
      const at = home.get(vm)
      return {
        name: `vm${vm}`,
        ha: false,
        demand: demand.get(vm)!,
        ...(at === undefined ? {} : { home: `n${at}` }),
      }
    }),
    groups: [],
    tolerate: 0,
  }
}
