// `replicas: n`: whatever X failure units fail, n members of the group are elsewhere and go on running. Against counting and trying all maps.
import { expect, test, vi } from 'vitest'
import { choices, failureUnits } from '../../src/solver/check/fallback.ts'
import { checkPlacement } from '../../src/solver/check/placement.ts'
import { checkNoPlacement, checkRefusal } from '../../src/solver/check/refusal.ts'
import { homesOf } from '../../src/solver/compile.ts'
import { solvePlacement } from '../../src/solver/placement.ts'
import type { PlacementMap, Problem } from '../../src/solver/problem.ts'
import { seeded } from '../../src/solver/random.ts'
import { judgeAgain } from '../../src/solver/resilience/again.ts'
import { judgeResilience } from '../../src/solver/resilience/index.ts'

vi.setConfig({ testTimeout: 120_000 })

/** 3 to 5 HWMs, in racks or alone, with 4 to 6 VMs; half of them or all are of one group. */
function drawn(seed: number): Problem {
  const random = seeded(seed)
  const hwms = Array.from({ length: 3 + random.below(3) }, (_, h) => ({
    name: `h${h}`,
    capacity: { ram: 6 + random.below(6) },
    labels: { rack: `r${h >> 1}` },
  }))
  const vms = Array.from({ length: 4 + random.below(3) }, (_, v) => ({
    name: `v${v}`,
    ha: random.below(3) === 0,
    demand: { ram: 1 + random.below(3) },
    home: `h${random.below(hwms.length)}`,
  }))
  const members = vms.filter((_, v) => seed % 2 === 0 || v % 2 === 0).map(vm => vm.name)
  const replicas = 1 + random.below(members.length)
  return {
    dimensions: ['ram'],
    hwms,
    vms,
    groups: [{ name: 'web', members, replicas }],
    tolerate: 1 + (seed % 3 === 0 ? 1 : 0),
    ...(seed % 5 === 0 ? { failureDomains: 'rack' } : {}),
  }
}

/** Whether enough members are outside each set of X units. */
function isKept(problem: Problem, units: string[][], map: PlacementMap): boolean {
  const [{ members, replicas = 0 } = { members: [] as string[], replicas: 0 }] = problem.groups
  const size = Math.min(problem.tolerate, units.length)
  return [...choices(units, size)].every(failed => {
    const dead = new Set(failed.flat())
    return members.filter(name => !dead.has(map.get(name) ?? '')).length >= replicas
  })
}

function* allMaps({ vms, hwms }: Problem, from = 0): Generator<Map<string, string>> {
  const vm = vms[from]
  if (vm === undefined) {
    yield new Map()
    return
  }
  for (const rest of allMaps({ vms, hwms } as Problem, from + 1))
    for (const hwm of hwms) yield new Map([...rest, [vm.name, hwm.name]])
}

test('a map is judged by it as counting every set says, and the proof holds', () => {
  const seen = { kept: 0, broken: 0 }
  for (let seed = 1; seed <= 400; seed++) {
    const problem = drawn(seed)
    const map = homesOf(problem)
    const kept = isKept(problem, failureUnits(problem), map)
    // Without HAVMs nothing else can be short.
    const alone = { ...problem, vms: problem.vms.map(vm => ({ ...vm, ha: false })) }
    const { holds, counterExample } = judgeResilience(alone, map)
    expect({ seed, holds }).toEqual({ seed, holds: kept ? 'yes' : 'no' })
    const judged = judgeResilience(problem, map)
    if (!kept) {
      expect({ seed, holds: judged.holds }).toEqual({ seed, holds: 'no' })
      for (const why of [counterExample!, judged.counterExample!])
        expect({ seed, wrong: checkRefusal(problem, map, why) }).toEqual({ seed, wrong: [] })
    }
    const complaints = checkPlacement(problem, map).filter(text => text.startsWith('Group web'))
    expect({ seed, isWrong: complaints.length > 0 }).toEqual({ seed, isWrong: !kept })
    seen[kept ? 'kept' : 'broken']++
  }
  expect(seen.kept).toBeGreaterThan(80)
  expect(seen.broken).toBeGreaterThan(80)
})

test('a change of one home is judged from what was before as it is judged anew', () => {
  let differed = 0
  for (let seed = 1; seed <= 200; seed++) {
    const problem = drawn(seed)
    const before = homesOf(problem)
    const judged = { problem, map: before, resilience: judgeResilience(problem, before) }
    const after = new Map(before).set('v0', `h${seed % problem.hwms.length}`)
    const anew = judgeResilience(problem, after)
    expect(judgeAgain(problem, after, judged).holds).toBe(anew.holds)
    if (anew.holds !== judged.resilience.holds) differed++
  }
  expect(differed).toBeGreaterThan(5)
})

test('a small cluster has a map that keeps it, or the proof that there is none: as trying all maps says', () => {
  const seen = { map: 0, impossible: 0, 'no-answer': 0 }
  for (let seed = 1; seed <= 120; seed++) {
    const problem = { ...drawn(seed), vms: drawn(seed).vms.map(vm => ({ ...vm, ha: false })) }
    const units = failureUnits(problem)
    const answer = solvePlacement(problem, { seed, work: 1e6 })
    seen[answer.answer]++
    const { groups: _, ...rest } = problem
    let exists = false
    for (const map of allMaps(problem))
      if (
        isKept(problem, units, map) &&
        checkPlacement({ ...rest, groups: [] }, map).length === 0
      ) {
        exists = true
        break
      }
    if (answer.answer === 'map') {
      expect({ seed, wrong: checkPlacement(problem, answer.map) }).toEqual({ seed, wrong: [] })
      expect({ seed, exists }).toEqual({ seed, exists: true })
    } else {
      expect({ seed, answer: answer.answer, exists }).toEqual({
        seed,
        answer: 'impossible',
        exists: false,
      })
      if (answer.answer === 'impossible' && 'kind' in answer.why)
        expect(checkNoPlacement(problem, answer.why)).toEqual([])
    }
  }
  expect(seen['no-answer']).toBe(0)
  expect(seen.map).toBeGreaterThan(30)
  expect(seen.impossible).toBeGreaterThan(10)
})

test('homes that keep it stay, and as few as must be leave those that do not', () => {
  let moved = 0
  for (let seed = 1; seed <= 100; seed++) {
    const base = drawn(seed)
    // Room is no matter here.
    const problem = {
      ...base,
      vms: base.vms.map(vm => ({ ...vm, ha: false, demand: { ram: 0 } })),
    }
    const units = failureUnits(problem)
    const homes = homesOf(problem)
    let fewest = Infinity
    for (const map of allMaps(problem)) {
      if (!isKept(problem, units, map)) continue
      const moves = [...map].filter(([vm, hwm]) => homes.get(vm) !== hwm).length
      fewest = Math.min(fewest, moves)
    }
    const answer = solvePlacement(problem, { seed, objectives: ['fewest-moves'], work: 1e6 })
    if (fewest === Infinity) expect(answer.answer).not.toBe('map')
    else expect({ seed, ...answer }).toMatchObject({ seed, answer: 'map', moves: fewest })
    if (fewest > 0 && fewest < Infinity) moved++
  }
  expect(moved).toBeGreaterThan(10)
})
