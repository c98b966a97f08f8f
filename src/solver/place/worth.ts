// What a map is worth by what it should be best by, whoever made it: the same measures as the search has.
import { imbalance } from '../balance/balance.ts'
import { Spread } from '../balance/spread.ts'
import { Budget } from '../budget.ts'
import { assignmentOf, compile } from '../compile.ts'
import type { BestBy, Term } from '../../model/objectives.ts'
import { itemsOf } from '../packing/packing.ts'
import { State } from '../packing/state.ts'
import type { Objective, PlacementMap, Problem } from '../problem.ts'
import { movesOf, taskOf, usableBins, usedBins, weightsFor } from './task.ts'
import { Weighed } from './weighed.ts'

export interface Worth {
  /** Of the first objective, or of the mix. */
  readonly value: number
  /** Of a mix: what each of its objectives is worth. */
  readonly terms?: readonly (Term & { readonly value: number })[]
  /** Of several objectives in order: what each is worth, the first too. */
  readonly inOrder?: readonly Aim[]
}

/** An objective, and what it is worth in its own unit. */
export interface Aim {
  readonly objective: Objective
  readonly value: number
}

/** `map` must be valid, with all VMs in it; `hwmsOn` counts for fewest HWMs. Throws `UnsoundProblem`. */
export function worthOf(
  problem: Problem,
  map: PlacementMap,
  { objectives, mix }: BestBy,
  hwmsOn: number,
): Worth {
  const compiled = compile(problem)
  const items = itemsOf(compiled)
  const task = taskOf(compiled, items, {}, new Budget({}))
  const assignment = assignmentOf(compiled, map)
  const where = Int32Array.from(items.vmsOf, members => assignment[members[0]!]!)
  const weights = weightsFor(task)
  if (mix !== undefined) {
    const state = new State(items.packing)
    state.replace(where)
    const open = usableBins(task).filter(b => task.usable[b] === 1)
    const none = { 'fewest-hwms': 0, balance: 0, 'fewest-moves': 0 }
    const { amounts } = new Weighed(state, new Spread(state, open, weights), task, none)
    const terms = mix.map(term => ({ ...term, value: amounts[term.objective] }))
    return { value: terms.reduce((sum, { weight, value }) => sum + weight * value, 0), terms }
  }
  const worth: Readonly<Record<Objective, () => number>> = {
    'fewest-hwms': () => Math.max(hwmsOn, usedBins(where).length),
    balance: () => imbalance(items.packing, where, usableBins(task), weights),
    'fewest-moves': () => movesOf(task, where),
  }
  const [first = 'fewest-moves', ...later] = objectives ?? []
  if (later.length === 0) return { value: worth[first]() }
  const inOrder = [first, ...later].map(objective => ({ objective, value: worth[objective]() }))
  return { value: inOrder[0]!.value, inOrder }
}

/** Whether HWMs without VMs that are kept free for failures count as used. */
export function countsThoseKeptFree(problem: Problem, { objectives }: BestBy): boolean {
  return objectives?.[0] === 'fewest-hwms' && problem.tolerate > 0 && problem.vms.some(vm => vm.ha)
}
