// The order of live moves onto hosts that are nearly full: each waits for those that make its room, a cycle is opened by a bounce.
// Both ends hold a VM's resources while it moves, so room is taken at the destination before it is given back at the source.
import type { Resources } from '../../model/resources.ts'
import type { Room } from './room.ts'

export interface Wish {
  readonly vm: string
  readonly from: string
  readonly to: string
  readonly demand: Resources
}

export interface OrderedMove extends Wish {
  /** VMs whose moves come before, because they make its room (or because it is the second half of a bounce). */
  readonly after: readonly string[]
  readonly bounce: boolean
}

export interface Ordered {
  readonly moves: readonly OrderedMove[]
  /** Wishes for which no order and no single bounce was found, with what blocks them. */
  readonly blocked: readonly { readonly wish: Wish; readonly why: string }[]
}

/**
 * Greedy: whatever fits now goes first; when nothing fits, the smallest VM that opens the way takes a detour over an HWM of `detours`.
 * `room` is the state before and is changed to the state after. Complete for what one bounce at a time can solve; the solver's
 * search takes over where it cannot.
 */
export function orderMoves(
  wishes: readonly Wish[],
  room: Room,
  detours: readonly string[],
): Ordered {
  const moves: OrderedMove[] = []
  let waiting = [...wishes]
  const bounced = new Set<string>()
  const left = new Map<string, string[]>()
  // What there would be room for if nobody had left yet: such a move waits for nobody.
  const atFirst = room.copy()

  const emit = (wish: Wish, bounce: boolean) => {
    const makesRoom =
      atFirst.shortage(wish.to, wish.demand) === undefined ? [] : (left.get(wish.to) ?? [])
    atFirst.add(wish.to, wish.demand)
    const second = moves.some(move => move.vm === wish.vm) ? [wish.vm] : []
    moves.push({ ...wish, bounce, after: [...new Set([...makesRoom, ...second])] })
    room.add(wish.to, wish.demand)
    room.remove(wish.from, wish.demand)
    left.set(wish.from, [...(left.get(wish.from) ?? []), wish.vm])
  }

  while (waiting.length > 0) {
    const next = waiting.find(wish => room.shortage(wish.to, wish.demand) === undefined)
    if (next !== undefined) {
      waiting = waiting.filter(wish => wish !== next)
      emit(next, false)
      continue
    }
    const detour = cheapestDetour(waiting, room, detours, bounced)
    if (detour === undefined) break
    bounced.add(detour.wish.vm)
    emit({ ...detour.wish, to: detour.over }, true)
    waiting = waiting.map(wish => (wish === detour.wish ? { ...wish, from: detour.over } : wish))
  }
  const blocked = waiting.map(wish => {
    const short = room.shortage(wish.to, wish.demand)
    return {
      wish,
      why: `${wish.to} has no room${short === undefined ? '' : ` (${short.dimension})`} and no HWM can hold a VM for the while`,
    }
  })
  return { moves, blocked }
}

/** The smallest VM whose leaving lets another one in at once, and the emptiest HWM that can hold it meanwhile. */
function cheapestDetour(
  waiting: readonly Wish[],
  room: Room,
  detours: readonly string[],
  bounced: ReadonlySet<string>,
): { wish: Wish; over: string } | undefined {
  const candidates: { wish: Wish; over: string; opens: boolean; size: number }[] = []
  for (const wish of waiting) {
    if (bounced.has(wish.vm)) continue
    const over = detours
      .filter(
        hwm =>
          hwm !== wish.from && hwm !== wish.to && room.shortage(hwm, wish.demand) === undefined,
      )
      .sort(
        (a, b) => room.fill(a, wish.demand) - room.fill(b, wish.demand) || a.localeCompare(b),
      )[0]
    if (over === undefined) continue
    room.remove(wish.from, wish.demand)
    const opens = waiting.some(
      other => other.to === wish.from && room.shortage(other.to, other.demand) === undefined,
    )
    room.add(wish.from, wish.demand)
    candidates.push({ wish, over, opens, size: wish.demand['ram'] ?? 0 })
  }
  candidates.sort(
    (a, b) =>
      Number(b.opens) - Number(a.opens) || a.size - b.size || a.wish.vm.localeCompare(b.wish.vm),
  )
  return candidates[0]
}
