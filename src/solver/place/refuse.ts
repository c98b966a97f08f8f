// Why no map can be: short proofs before any search, and complete search where a small case ended without an answer.
import { resilientBound } from '../bounds/resilient.ts'
import { slotBound } from '../bounds/slots.ts'
import { unitBound } from '../bounds/units.ts'
import { Budget } from '../budget.ts'
import { compile } from '../compile.ts'
import { search } from '../packing/exact.ts'
import { itemsOf, withoutGuides } from '../packing/packing.ts'
import { State } from '../packing/state.ts'
import type { Problem, Refusal } from '../problem.ts'
import { anyMap } from './complete.ts'
import { hasHavms, type Outcome, type Task, taskOf } from './task.ts'

/** A short proof that no map holds the problem with this X, if there is one. Throws `UnsoundProblem`. */
export function refusalOf(problem: Problem, tolerate: number): Refusal | undefined {
  const compiled = compile(problem)
  return refuse(taskOf(compiled, itemsOf(compiled), { tolerate }, new Budget({})))
}

/** Short proofs that there is no map at all: contradictory rules, a VM that fits nowhere, too little of a dimension. */
export function refuse(task: Task): Refusal | undefined {
  const { compiled, items, tolerate } = task
  const { packing, vmsOf } = items
  const { problem } = compiled
  const names = (vms: readonly number[]): string[] => vms.map(v => problem.vms[v]!.name)
  if (items.contradiction !== undefined) {
    return { kind: 'rule', rule: items.contradiction.rule, vms: names(items.contradiction.vms) }
  }
  const empty = new State(packing)
  for (let i = 0; i < packing.items; i++) {
    let nearest: { dimension: string; missing: number; relative: number } | undefined
    let fits = false
    for (let h = 0; h < packing.bins && !fits; h++) {
      if (!empty.isAllowed(i, h)) continue
      if (empty.hasRoom(i, h)) {
        fits = true
        break
      }
      for (let d = 0; d < packing.dims; d++) {
        const missing =
          packing.size[i * packing.dims + d]! - packing.capacity[h * packing.dims + d]!
        const relative = missing * packing.weight[d]!
        if (missing > 0 && (nearest === undefined || relative < nearest.relative)) {
          nearest = { dimension: compiled.dimensions[d]!, missing, relative }
        }
      }
    }
    if (fits) continue
    const vm = names(vmsOf[i]!)[0]!
    return nearest === undefined
      ? { kind: 'nowhere', vm }
      : { kind: 'nowhere', vm, dimension: nearest.dimension, missing: nearest.missing }
  }
  const volume = unitBound(packing)
  if (volume.bins > packing.bins || (volume.dim >= 0 && volume.needed > volume.available)) {
    return {
      kind: 'units',
      dimension: compiled.dimensions[volume.dim]!,
      unit: volume.unit,
      needed: volume.needed,
      available: volume.available,
    }
  }
  const slots = slotBound(packing)
  if (slots?.isTooMany === true) {
    const { needed, available, unit } = slots
    const named = compiled.dimensions.flatMap((d, k) => (unit[k]! > 0 ? [[d, unit[k]!]] : []))
    return { kind: 'slots', unit: Object.fromEntries(named), needed, available }
  }
  if (!hasHavms(task)) return undefined
  const bound = resilientBound(compiled, tolerate)
  return bound.hwms <= bound.open ? undefined : bound.refusal
}

/** Nodes of the complete search that ends small cases without an answer. */
const MOST_NODES = 300_000

/** What no search could place: complete search for a valid map, and in a small case for one that survives X failures. */
export function exhaust(task: Task): Outcome {
  const { items, budget } = task
  if (items.packing.items > 400) return undefined
  const { answer, nodes } = search(withoutGuides(items.packing), MOST_NODES, budget)
  if (answer === 'impossible') return { why: { kind: 'search', nodes, tolerate: 0 } }
  return anyMap(task, true)
}
