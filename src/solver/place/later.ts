// Later objectives, among maps that are equal by the first.
import { balance } from '../balance/balance.ts'
import { sendHome } from '../moves/homing.ts'
import type { Packing } from '../packing/packing.ts'
import type { Objective } from '../problem.ts'
import {
  type Found,
  hasHavms,
  movesOf,
  type Task,
  usedBins,
  verdictOf,
  weightsFor,
} from './task.ts'

/** Later objectives, among maps that are equal by the first. */
export function refine(
  task: Task,
  first: Objective,
  rest: readonly Objective[],
  found: Found,
): Int32Array {
  const { items, home, cost, budget } = task
  let { where } = found
  const isGood = (candidate: Int32Array): boolean =>
    !hasHavms(task) || verdictOf(task, candidate, found.open).holds === 'yes'
  const wishes = rest.length > 0 ? rest : first === 'fewest-hwms' ? (['fewest-moves'] as const) : []
  let mayMove = first !== 'fewest-moves'
  for (const objective of wishes) {
    if (objective === 'fewest-moves' && first === 'fewest-hwms') {
      const nearer = renumbered(task, where, found.open, home, cost)
      if (movesOf(task, nearer) < movesOf(task, where)) where = nearer
      mayMove = false
    } else if (objective === 'balance' && first !== 'balance') {
      // Without X, other HWMs may be on by now than at first; with it, those kept free are part of the balance.
      const open = first === 'fewest-hwms' && !hasHavms(task) ? usedBins(where) : found.open
      where = balance(
        mayMove ? items.packing : withoutMoving(task, where),
        where,
        {
          weights: weightsFor(task),
          open: open.filter(b => task.usable[b] === 1),
          homes: { home, cost },
          random: task.random,
        },
        budget,
        isGood,
      )
    }
  }
  return where
}

/** Who is at home stays there: what is balanced after moves were made few is only who moves anyway. */
function withoutMoving({ items: { packing }, home }: Task, where: Int32Array): Packing {
  return { ...packing, fixed: packing.fixed.map((b, i) => (where[i] === home[i] ? home[i]! : b)) }
}

/** The same number of HWMs, but those that spare most moves: any HWM may take another's place when no X depends on which are on. */
function renumbered(
  task: Task,
  where: Int32Array,
  open: Int32Array,
  home: Int32Array,
  cost: Float64Array,
): Int32Array {
  const { items, usable } = task
  const mayUse = new Uint8Array(items.packing.bins)
  for (const b of open) mayUse[b] = 1
  const candidate = sendHome(
    items.packing,
    where,
    home,
    cost,
    hasHavms(task) ? mayUse : usable,
    true,
  )
  if (hasHavms(task) && verdictOf(task, candidate, open).holds !== 'yes') return where
  return candidate
}
