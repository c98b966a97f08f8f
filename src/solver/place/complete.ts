// Complete search over the maps of a small cluster, X included: the best map with its proof, or that there is none. Depth first; what
// is placed so far must already be within rules and capacity, survive X failures by itself, and be cheaper than the best map found.
// All three only get harder to hold as VMs are added, so a branch may end as soon as one does not.
import type { Budget } from '../budget.ts'
import { scarcity, order } from '../packing/greedy.ts'
import { type Packing, withoutGuides } from '../packing/packing.ts'
import { State } from '../packing/state.ts'
import type { Refusal } from '../problem.ts'
import { mostIn } from '../replicas.ts'
import { withOnly } from '../resilience/fewest.ts'
import { groundOf } from '../resilience/ground.ts'
import { choose, everySet } from '../resilience/judge.ts'
import { Restarter } from '../resilience/restart.ts'
import { hasHavms, isLimited, movesOf, type Outcome, type Task, usableBins } from './task.ts'

/** What is asked of the map: any at all, or the one with the fewest moves from today's. */
type Wish = 'any' | 'fewest-moves'

interface CompleteSearch {
  /** `map`: `where` is best; nothing that could be better was left out. `unknown`: the budget ended before. */
  readonly answer: 'map' | 'impossible' | 'unknown'
  readonly where?: Int32Array
  readonly nodes: number
}

/** Work for the first look, a tenth of a second or so, and the share of what is left that it may take of it. */
const FIRST_WORK = 3e7
const FIRST_SHARE = 0.2
/** Work for the last one where nothing limits it: seconds. */
const LAST_WORK = 3e8

/** What making the ground of a map costs a VM. */
const GROUND_WORK = 40
/** Failure sets beyond which looking at all of them at every node is no longer cheap. */
const MOST_SETS = 400

/** Whether complete search has a chance: beyond this its time would be over before it has looked at a part worth naming. */
function isSmall(task: Task): boolean {
  const { compiled, items } = task
  return (
    items.packing.items <= 30 &&
    compiled.hwms <= 12 &&
    (!hasHavms(task) || choose(compiled.units.length, task.tolerate) <= MOST_SETS)
  )
}

/** The map with the fewest moves, proved, or that there is none; undefined where neither is found in a moment. */
export function provedMoves(task: Task): Outcome {
  if (!isSmall(task)) return undefined
  const open = usableBins(task)
  const found = searchMaps(task, open, 'fewest-moves', firstLook(task))
  if (found.answer === 'impossible') return noMap(task, found)
  if (found.where === undefined) return undefined
  return { where: found.where, open, bound: movesOf(task, found.where) }
}

/** The map that survives X failures on the fewest HWMs, proved, or that there is none; undefined where neither is found in a moment. */
export function provedHwms(task: Task, bound: number): Outcome {
  if (!isSmall(task)) return undefined
  const budget = firstLook(task)
  const usable = usableBins(task)
  // A map on all of them comes first: where there is none, there is none on fewer.
  const onAll = searchMaps(task, usable, 'any', budget)
  if (onAll.answer === 'impossible') return noMap(task, onAll)
  if (onAll.answer === 'unknown') return undefined
  for (let count = Math.max(0, bound); count <= usable.length; count++) {
    let answer: CompleteSearch | undefined
    let open: Int32Array | undefined
    everySet([...usable], count, set => {
      open = set.slice()
      answer = searchMaps(task, open, 'any', budget)
      return answer.answer === 'impossible'
    })
    if (answer?.answer === 'unknown') return undefined
    if (answer?.where !== undefined) return { where: answer.where, open: open!, bound: count }
  }
  return undefined
}

/** Any map, or that there is none; undefined where neither is found. `isLast`: nothing else is left to try. */
export function anyMap(task: Task, isLast = false): Outcome {
  if (!isSmall(task)) return undefined
  const open = usableBins(task)
  const budget = !isLast
    ? firstLook(task)
    : isLimited(task)
      ? task.budget
      : task.budget.part(LAST_WORK)
  const found = searchMaps(task, open, 'any', budget)
  if (found.answer === 'impossible') return noMap(task, found)
  return found.where === undefined ? undefined : { where: found.where, open, bound: 0 }
}

function firstLook({ budget }: Task): Budget {
  return budget.share(FIRST_SHARE).part(FIRST_WORK)
}

function noMap(task: Task, { nodes }: CompleteSearch): { readonly why: Refusal } {
  return { why: { kind: 'search', nodes, tolerate: hasHavms(task) ? task.tolerate : 0 } }
}

/** Searches all maps that use only the bins of `open`. Only those take HAVMs of others in. */
function searchMaps(task: Task, open: Int32Array, wish: Wish, budget: Budget): CompleteSearch {
  const packing = withoutGuides(task.items.packing)
  const { bins, items, dims, fixed } = packing
  const isOpen = new Uint8Array(bins)
  for (const b of open) isOpen[b] = 1
  const sequence = order(packing, 'max', scarcity(packing, [...open]))
  const tolls = wish === 'fewest-moves' ? tollsOf(task) : undefined
  const survives = survivalOf(task, open, budget)
  const isLike = alikeBins(task, tolls)
  const state = new State(packing)
  let best: Int32Array | undefined
  let cheapest = Infinity
  let paid = 0
  let nodes = 0
  let isCut = false
  const toll = (i: number, b: number): number => tolls?.[i * bins + b] ?? 0
  const isRepeated = (b: number): boolean => {
    if (state.count[b] !== 0) return false
    for (const e of open) {
      if (e === b) return false
      if (state.count[e] === 0 && isLike(e, b)) return true
    }
    return false
  }
  const place = (k: number): void => {
    if (k === items) {
      best = state.where.slice()
      cheapest = paid
      return
    }
    const i = sequence[k]!
    const choices = fixed[i]! >= 0 ? [fixed[i]!] : [...open]
    if (tolls !== undefined) choices.sort((a, b) => toll(i, a) - toll(i, b))
    for (const b of choices) {
      if (!isOpen[b] || paid + toll(i, b) >= cheapest) continue
      // One that is pinned may go where it is pinned, whoever is there: its groups are asked as well.
      if (!state.hasRoom(i, b) || !state.isAllowed(i, b) || state.conflicts(i, b) > 0) continue
      if (isRepeated(b)) continue
      nodes++
      if (budget.spend(bins * dims)) {
        isCut = true
        return
      }
      state.put(i, b)
      paid += toll(i, b)
      const verdict = survives(state.where)
      // A set that could not be settled proves nothing either way.
      if (verdict === 'unknown') isCut = true
      if (verdict === 'yes') place(k + 1)
      paid -= toll(i, b)
      state.take(i)
      if (isCut || cheapest === 0 || (best !== undefined && wish === 'any')) return
    }
  }
  place(0)
  if (best !== undefined && (!isCut || wish === 'any')) return { answer: 'map', where: best, nodes }
  return { answer: isCut ? 'unknown' : 'impossible', nodes }
}

/** Moves from today's map that an item in a bin stands for; item * bins + bin. */
function tollsOf({ compiled, items }: Task): Float64Array {
  const { bins } = items.packing
  const tolls = new Float64Array(items.packing.items * bins)
  items.itemOf.forEach((i, v) => {
    const home = compiled.home[v]!
    if (home < 0) return
    for (let b = 0; b < bins; b++) if (b !== home) tolls[i * bins + b]!++
  })
  return tolls
}

/** Asks whether what is placed survives X failures. The set that ended the last branch is looked at first: it mostly ends the next as well. */
function survivalOf(
  task: Task,
  open: Int32Array,
  budget: Budget,
): (where: Int32Array) => 'yes' | 'no' | 'unknown' {
  const { compiled, items, tolerate } = task
  if (!hasHavms(task)) return where => (keepsReplicas(task, where) ? 'yes' : 'no')
  const narrowed = withOnly(compiled, open)
  const units = compiled.units.length
  const sets: Int32Array[] = []
  everySet(
    Array.from({ length: units }, (_, u) => u),
    Math.min(tolerate, units),
    set => sets.push(set.slice()) > 0,
  )
  return where => {
    if (!keepsReplicas(task, where)) return 'no'
    const ground = groundOf(
      narrowed,
      Int32Array.from(items.itemOf, i => where[i]!),
    )
    budget.spend(GROUND_WORK * compiled.vms)
    const restarter = new Restarter(ground)
    let isUnknown = false
    for (const [n, set] of sets.entries()) {
      const { answer } = restarter.restart(set, budget)
      if (answer === 'unknown') isUnknown = true
      if (answer !== 'impossible') continue
      sets.splice(n, 1)
      sets.unshift(set)
      return 'no'
    }
    return isUnknown ? 'unknown' : 'yes'
  }
}

/** Whether enough members of each group go on running, as far as they are placed. */
function keepsReplicas({ compiled, items }: Task, where: Int32Array): boolean {
  const { replicas, unitOf, units, problem } = compiled
  if (replicas.length === 0) return true
  const places = Int32Array.from(items.itemOf, i => where[i]!)
  return replicas.every(group => {
    const { count } = mostIn(group, unitOf, units.length, places, problem.tolerate)
    return group.members.length - count >= group.needed
  })
}

/** Whether two empty bins are one and the same to every item: then only the first of them need be tried. */
function alikeBins(
  { compiled, items }: Task,
  tolls: Float64Array | undefined,
): (a: number, b: number) => boolean {
  const { packing } = items
  const rows = [...new Set(packing.rowOf)].map(row => packing.rows[row]!)
  const hasZones = compiled.groups.some(group => !group.perHwm)
  const isFixed = new Set(packing.fixed)
  return (a, b) => {
    if (hasZones || isFixed.has(a) || isFixed.has(b)) return false
    if (compiled.units[compiled.unitOf[a]!]!.length > 1) return false
    if (compiled.units[compiled.unitOf[b]!]!.length > 1) return false
    if (compiled.takesFallback[a] !== compiled.takesFallback[b]) return false
    if (rows.some(row => row[a] !== row[b])) return false
    if (!isSameRoom(packing, a, b)) return false
    if (tolls === undefined) return true
    for (let i = 0; i < packing.items; i++)
      if (tolls[i * packing.bins + a] !== tolls[i * packing.bins + b]) return false
    return true
  }
}

function isSameRoom({ capacity, dims }: Packing, a: number, b: number): boolean {
  for (let d = 0; d < dims; d++) if (capacity[a * dims + d] !== capacity[b * dims + d]) return false
  return true
}
