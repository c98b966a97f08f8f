// Later objectives, among maps that are equal by the first.
import { balance } from '../balance/balance.ts'
import { Spread } from '../balance/spread.ts'
import { sendHome } from '../moves/homing.ts'
import type { Packing } from '../packing/packing.ts'
import type { State } from '../packing/state.ts'
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
import { Weighed } from './weighed.ts'

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
  if (first === 'balance') return keepingBalance(task, wishes, found)
  for (const objective of wishes) {
    if (objective === 'fewest-moves' && first === 'fewest-hwms') {
      const nearer = renumbered(task, where, found.open, home, cost)
      if (movesOf(task, nearer) < movesOf(task, where)) where = nearer
      mayMove = false
    } else if (objective === 'balance') {
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

/** Objectives after `balance`, one after the other: none may make those before it worse. */
function keepingBalance(task: Task, wishes: readonly Objective[], found: Found): Int32Array {
  let { where } = found
  const { packing } = task.items
  const open = found.open.filter(b => task.usable[b] === 1)
  const before: Objective[] = ['balance']
  for (const objective of wishes) {
    if (before.includes(objective)) continue
    const none = { 'fewest-hwms': 0, balance: 0, 'fewest-moves': 0 }
    const most: Record<Objective, number> = {
      'fewest-hwms': Infinity,
      balance: Infinity,
      'fewest-moves': Infinity,
    }
    const measure = (state: State): Weighed => {
      const spread = new Spread(state, open, weightsFor(task))
      const { amounts } = new Weighed(state, spread, task, none)
      for (const each of before) most[each] = Math.min(most[each], amounts[each])
      return new Weighed(state, spread, task, { ...none, [objective]: 1 }, most)
    }
    where = balance(
      packing,
      where,
      {
        weights: weightsFor(task),
        open,
        homes: task,
        random: task.random,
        leastGain: 0,
        mostMoves: Infinity,
        measure,
      },
      task.budget,
      candidate => !hasHavms(task) || verdictOf(task, candidate, found.open).holds === 'yes',
    )
    before.push(objective)
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
