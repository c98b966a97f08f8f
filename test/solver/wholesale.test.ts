// Short cuts of the resilient search against brute force: what the wholesale certificate accepts can be survived, and the bound from all
// dimensions is never above what a solution uses.
import { describe, expect, it } from 'vitest'
import { mixedResilientBound } from '../../src/solver/bounds/mixed.ts'
import { checkFallback, choices, failureUnits } from '../../src/solver/check/fallback.ts'
import { checkPlacement, checkRunning } from '../../src/solver/check/placement.ts'
import { assignmentOf, compile, homesOf } from '../../src/solver/compile.ts'
import { solvePlacement } from '../../src/solver/placement.ts'
import type { Problem } from '../../src/solver/problem.ts'
import { groundOf } from '../../src/solver/resilience/ground.ts'
import { fallbackFor, judgeResilience } from '../../src/solver/resilience/index.ts'
import { holdsWholesale } from '../../src/solver/resilience/wholesale.ts'
import { randomMap, randomProblem } from './cases.ts'

describe('the wholesale certificate', () => {
  it('accepts only what has a valid map for every failure set', () => {
    const answers = { yes: 0, no: 0 }
    for (let seed = 1; seed <= 160; seed++) {
      const tolerate = 1 + (seed % 2)
      const problem = randomProblem(seed, {
        hwms: 6,
        vms: 6,
        tolerate,
        fill: 0.15 + 0.1 * (seed % 3),
        rules: seed % 4 === 0,
        racks: seed % 5 === 0,
        equalHwms: true,
      })
      const map = randomMap(problem, seed, partial => {
        const placed = { ...problem, vms: problem.vms.filter(vm => partial.has(vm.name)) }
        return checkPlacement({ ...placed, groups: [] }, partial).length === 0
      })
      if (checkRunning(problem, map).length > 0) continue
      const compiled = compile(problem)
      const isHeld = holdsWholesale(groundOf(compiled, assignmentOf(compiled, map)), tolerate)
      answers[isHeld ? 'yes' : 'no']++
      if (!isHeld) continue
      for (const units of choices(failureUnits(problem), tolerate)) {
        const failed = units.flat()
        const answer = fallbackFor(problem, map, failed)
        expect(answer.answer, `seed ${seed}, ${failed.join()}`).toBe('map')
        expect(checkFallback(problem, map, failed, answer.map), `seed ${seed}`).toEqual([])
      }
    }
    expect(answers.yes).toBeGreaterThan(10)
    expect(answers.no).toBeGreaterThan(10)
  }, 30_000)
})

describe('more failure sets than can be run through', () => {
  const hwms = Array.from({ length: 300 }, (_, h) => ({ name: `h${h}`, capacity: { ram: 10 } }))
  const filled = (count: number): Problem => ({
    dimensions: ['ram'],
    hwms,
    vms: Array.from({ length: count }, (_, v) => ({
      name: `v${v}`,
      ha: true,
      demand: { ram: 6 },
      home: `h${v}`,
    })),
    groups: [],
    tolerate: 3,
  })

  it('are all survived when as many HWMs are kept free as may fail', () => {
    const problem = filled(297)
    const judged = judgeResilience(problem, homesOf(problem), { findLargest: false })
    expect(judged.holds).toBe('yes')
    const failed = ['h0', 'h1', 'h299']
    const answer = fallbackFor(problem, homesOf(problem), failed)
    expect(answer.answer).toBe('map')
    expect(checkFallback(problem, homesOf(problem), failed, answer.map)).toEqual([])
  })

  it('are refuted when one fewer is', () => {
    const problem = filled(298)
    expect(judgeResilience(problem, homesOf(problem), { findLargest: false }).holds).toBe('no')
  })
})

describe('the bound from all dimensions', () => {
  it('is never above what a solution uses', () => {
    let tight = 0
    for (let seed = 1; seed <= 40; seed++) {
      const tolerate = seed % 3
      const problem = randomProblem(seed, { hwms: 6, vms: 14, tolerate, fill: 0.4 })
      const placed = solvePlacement(problem, {
        objectives: ['fewest-hwms'],
        tolerate,
        findLargest: false,
        work: 2e6,
      })
      if (placed.answer !== 'map') continue
      const bound = mixedResilientBound(compile(problem), tolerate)
      expect(bound, `seed ${seed}`).toBeLessThanOrEqual(placed.value)
      if (bound === placed.value) tight++
    }
    expect(tight).toBeGreaterThan(5)
  }, 30_000)
})
