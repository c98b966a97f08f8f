import { expect, test } from 'vitest'
import { itemsOf } from '../../src/solver/packing/packing.ts'
import { compile } from '../../src/solver/compile.ts'
import { leastMoving } from '../../src/solver/moves/leaving.ts'
import { solvePlacement } from '../../src/solver/placement.ts'
import type { Problem } from '../../src/solver/problem.ts'
import { seeded } from '../../src/solver/random.ts'

/** Homes at random, groups that they break, some HWMs too full. */
function lived(seed: number): Problem {
  const random = seeded(seed)
  const hwms = 3 + random.below(2)
  const vms = Array.from({ length: 7 }, (_, v) => ({
    name: `v${v}`,
    ha: false,
    demand: { ram: 1 + random.below(4), cpu: 1 + random.below(4) },
    home: `h${random.below(hwms)}`,
  }))
  const members = (from: number, count: number): string[] =>
    vms.slice(from, from + count).map(vm => vm.name)
  return {
    dimensions: ['ram', 'cpu'],
    hwms: Array.from({ length: hwms }, (_, h) => ({
      name: `h${h}`,
      capacity: { ram: 8, cpu: 8 },
      labels: { rack: `r${h % 2}` },
    })),
    vms,
    groups: [
      { name: 'apart', members: members(0, 3), spread: 'hwm' },
      { name: 'near', members: members(3, 2 + random.below(2)), together: 'rack' },
      ...(random.below(2) === 0 ? [{ name: 'racks', members: members(2, 2), spread: 'rack' }] : []),
    ],
    tolerate: 0,
  }
}

/** By trying every map. */
function fewest({ hwms, vms, groups }: Problem): number {
  const rack = new Map(hwms.map(hwm => [hwm.name, hwm.labels!.rack!]))
  const at = new Map<string, string>()
  let best = Infinity
  const isValid = (): boolean =>
    groups.every(({ members, spread, together }) => {
      const label = spread ?? together!
      const zones = members
        .filter(name => at.has(name))
        .map(name => (label === 'hwm' ? at.get(name)! : rack.get(at.get(name)!)!))
      const distinct = new Set(zones).size
      return spread === undefined ? distinct <= 1 : distinct === zones.length
    })
  const free = new Map(hwms.map(hwm => [hwm.name, { ...hwm.capacity }]))
  const place = (v: number, moves: number): void => {
    if (moves >= best) return
    if (v === vms.length) {
      best = moves
      return
    }
    const vm = vms[v]!
    for (const hwm of hwms) {
      const left = free.get(hwm.name)! as { ram: number; cpu: number }
      const { ram = 0, cpu = 0 } = vm.demand
      if (left.ram < ram || left.cpu < cpu) continue
      at.set(vm.name, hwm.name)
      left.ram -= ram
      left.cpu -= cpu
      if (isValid()) place(v + 1, moves + (vm.home === hwm.name ? 0 : 1))
      left.ram += ram
      left.cpu += cpu
      at.delete(vm.name)
    }
  }
  place(0, 0)
  return best
}

test('the bound on moves counts broken groups, is never above the fewest, and the fewest are found', () => {
  let counted = 0
  let met = 0
  let cases = 0
  for (let seed = 1; seed <= 60; seed++) {
    const problem = lived(seed)
    const exact = fewest(problem)
    if (exact === Infinity) continue
    cases++
    const compiled = compile(problem)
    const { packing, itemOf } = itemsOf(compiled)
    const atHome: number[][] = Array.from({ length: packing.bins }, () => [])
    for (let v = 0; v < compiled.vms; v++) atHome[compiled.home[v]!]!.push(itemOf[v]!)
    const cost = new Float64Array(packing.items).fill(1)
    const bound = leastMoving(packing, atHome, cost)
    const ungrouped = leastMoving({ ...packing, groups: [] }, atHome, cost)
    expect(bound).toBeLessThanOrEqual(exact)
    expect(ungrouped).toBeLessThanOrEqual(bound)
    if (bound > ungrouped) counted++
    if (bound === exact) met++
    const placed = solvePlacement(problem, { objectives: ['fewest-moves'], findLargest: false })
    expect(placed).toMatchObject({ answer: 'map', moves: exact })
  }
  expect(cases).toBeGreaterThan(30)
  expect(counted).toBeGreaterThan(10)
  expect(met).toBeGreaterThan(cases / 2)
})
