// What is kept up to date step by step must be what one would get by taking all anew.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Picture } from '../../src/console/picture.ts'
import { SortedList } from '../../src/console/sorted-list.ts'
import { diff } from '../../src/engine/patch.ts'
import type { ClusterSnapshot, VmState } from '../../src/model/snapshot.ts'
import { manyHosts } from './made-up.ts'

describe('a sorted list', () => {
  interface Item {
    readonly rank: number
    readonly isShown: boolean
  }
  const change = fc.array(
    fc.tuple(
      fc.integer({ min: 0, max: 30 }),
      fc.option(fc.record({ rank: fc.integer({ min: 0, max: 5 }), isShown: fc.boolean() }), {
        nil: undefined,
      }),
    ),
    { maxLength: 12 },
  )

  test('after any changes it is what sorting and filtering all would give', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 8 }), fc.boolean(), (rounds, reverse) => {
        const items = new Map<string, Item>()
        const list = new SortedList<Item>({
          rankOf: item => ({ rank: item.rank, text: '' }),
          reverse,
          shows: item => item.isShown,
        })
        for (const round of rounds) {
          for (const [number, item] of round) {
            if (item) items.set(`n${number}`, item)
            else items.delete(`n${number}`)
          }
          list.update([...new Set(round.map(([number]) => `n${number}`))], name => items.get(name))
          const expected = [...items]
            .sort(([a, x], [b, y]) => x.rank - y.rank || (a < b ? -1 : 1))
            .filter(([, item]) => item.isShown)
            .map(([name]) => name)
          expect(list.names).toEqual(reverse ? expected.reverse() : expected)
          expect(list.total).toBe(items.size)
          for (const name of items.keys()) expect(list.indexOf(name)).toBe(list.names.indexOf(name))
        }
      }),
    )
  })

  test('more changes than are moved one by one give the same', () => {
    const items = new Map(
      Array.from({ length: 1_000 }, (_, index) => [`n${index}`, (index * 7919) % 1_000]),
    )
    const ordering = {
      rankOf: (rank: number) => ({ rank, text: '' }),
      reverse: false,
      shows: (rank: number) => rank % 3 > 0,
    }
    const list = new SortedList<number>(ordering)
    list.reset(ordering, items)
    for (const name of items.keys()) items.set(name, 1_000 - (items.get(name) ?? 0))
    list.update([...items.keys()], name => items.get(name))
    const fresh = new SortedList<number>(ordering)
    fresh.reset(ordering, items)
    expect(list.names).toEqual(fresh.names)
  })

  test('names stay the same array as long as nothing moved', () => {
    const ordering = {
      rankOf: (rank: number) => ({ rank, text: '' }),
      reverse: false,
      shows: () => true,
    }
    const list = new SortedList<number>(ordering)
    list.reset(ordering, [
      ['a', 1],
      ['b', 2],
    ])
    const { names } = list
    list.update(['a'], () => 1)
    expect(list.names).toBe(names)
  })
})

describe('a picture', () => {
  const states: readonly VmState[] = ['running', 'waiting', 'stopped', 'crashed']
  const move = fc.record({
    vm: fc.integer({ min: 1, max: 20 }),
    where: fc.constantFrom('hwm1', 'hwm2', 'hwm3', 'hwm4', 'hwm5', undefined),
    state: fc.constantFrom(...states),
    isGone: fc.boolean(),
  })

  test('its counts and who is where follow every patch', () => {
    fc.assert(
      fc.property(fc.array(fc.array(move, { maxLength: 4 }), { maxLength: 6 }), rounds => {
        let snapshot = manyHosts(5, 4, { history: false })
        const picture = new Picture()
        take(picture, undefined, snapshot)
        for (const round of rounds) {
          const vms = { ...snapshot.vms }
          for (const { vm, where, state, isGone } of round) {
            const name = `vm${String(vm).padStart(5, '0')}`
            const view = vms[name]
            if (!view) continue
            if (isGone) delete vms[name]
            else
              vms[name] = {
                ...view,
                where,
                state,
                away: where !== undefined && where !== view.home,
              }
          }
          const next = { ...snapshot, vms, seq: snapshot.seq + 1 }
          take(picture, snapshot, next)
          snapshot = next
        }
        const fresh = new Picture()
        take(fresh, undefined, snapshot)
        expect(picture.counts).toEqual(fresh.counts)
        expect(picture.vmCount).toBe(Object.keys(snapshot.vms).length)
        for (const hwm of picture.hwms()) {
          expect(picture.vmsOn(hwm.name)).toEqual(fresh.vmsOn(hwm.name))
          expect(picture.homeOf(hwm.name)).toEqual(fresh.homeOf(hwm.name))
          expect(picture.awayOn(hwm.name)).toBe(fresh.awayOn(hwm.name))
        }
      }),
    )
  })

  test('the first picture of another engine leaves nothing of the last', () => {
    const picture = new Picture()
    const large = manyHosts(5, 4, { history: false })
    take(picture, undefined, large)
    picture.startAfresh()
    const { hwm1 } = large.hwms
    if (!hwm1) throw new Error('the cluster has an hwm1')
    take(picture, undefined, { ...large, hwms: { hwm1 }, vms: {} })
    expect([...picture.hwms()].map(hwm => hwm.name)).toEqual(['hwm1'])
    expect(picture.vmCount).toBe(0)
    expect(picture.counts.vm.running).toBe(0)
  })

  function take(picture: Picture, from: ClusterSnapshot | undefined, to: ClusterSnapshot): void {
    const patch = diff(from, to)
    if (patch) picture.take(to, patch)
  }
})
