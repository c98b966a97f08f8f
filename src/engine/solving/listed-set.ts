// Failure sets that backup lists answer: the map follows from the lists and from where VMs live, so it is made when somebody asks for it. A large cluster
// has hundreds of thousands of such sets, which neither a worker nor who reads its answer has room for.
import type { PlacementMap } from '../../solver/problem.ts'
import type { PlanAnswer, SetAnswer } from './answer.ts'

type Lists = PlanAnswer['lists']

/** A map and its backup lists. */
export class Backups {
  readonly #havmsAt = new Map<string, string[]>()
  readonly #lists: Lists

  constructor(map: PlacementMap, lists: Lists) {
    this.#lists = lists
    for (const [vm, hwm] of map) {
      if (!lists.has(vm)) continue
      const here = this.#havmsAt.get(hwm)
      if (here === undefined) this.#havmsAt.set(hwm, [vm])
      else here.push(vm)
    }
  }

  /** Where the HAVMs of the failed restart: each on the first of its list that lives. */
  mapOf(failed: readonly string[]): Map<string, string> {
    const map = new Map<string, string>()
    for (const hwm of failed) {
      for (const vm of this.#havmsAt.get(hwm) ?? []) {
        const to = this.#lists.get(vm)?.find(name => !failed.includes(name))
        if (to !== undefined) map.set(vm, to)
      }
    }
    return map
  }
}

/** A set answer whose map is made anew by each who asks. Threads copy it without the map: see `listedAgain`. */
export class ListedSet implements SetAnswer {
  readonly failed: readonly string[]
  readonly complete = true
  readonly by = 'lists'
  readonly isUnknown = false
  readonly movesAgain?: NonNullable<SetAnswer['movesAgain']>
  readonly #backups: Backups

  constructor(backups: Backups, failed: readonly string[], movesAgain?: SetAnswer['movesAgain']) {
    this.#backups = backups
    this.failed = failed
    if (movesAgain !== undefined) this.movesAgain = movesAgain
  }

  get map(): PlacementMap {
    return this.#backups.mapOf(this.failed)
  }

  /** The same with VMs that would move a second time. */
  with(movesAgain: SetAnswer['movesAgain']): ListedSet {
    return new ListedSet(this.#backups, this.failed, movesAgain)
  }
}

/** An answer that came from another thread, where sets have lost what makes their maps. */
export function listedAgain(answer: PlanAnswer): PlanAnswer {
  const copied = answer.fallback as readonly (Omit<SetAnswer, 'map'> & Partial<SetAnswer>)[]
  if (copied.every(set => set.map !== undefined)) return answer
  const backups = new Backups(answer.map, answer.lists)
  return {
    ...answer,
    fallback: copied.map(set =>
      set.map === undefined
        ? new ListedSet(backups, set.failed, set.movesAgain)
        : { ...set, map: set.map },
    ),
  }
}
