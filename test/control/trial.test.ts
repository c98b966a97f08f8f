import { expect, test } from 'vitest'
import { trial } from './trial/trial.ts'
import type { Defect } from './trial/world.ts'

// SAFETY: thousands of operations with faults at random points, by seed. YASCO_TRIALS and YASCO_SEED change how many and from where.
const count = Number(process.env.YASCO_TRIALS ?? 10_000)
const first = Number(process.env.YASCO_SEED ?? 1)

test(`${count} operations in a storm of faults: no VM twice, none lost`, {
  timeout: 300_000,
}, () => {
  const ends = new Map<string, number>()
  const ofSeveral = new Map<string, number>()
  let taken = 0
  for (let seed = first; seed < first + count; seed += 1) {
    const verdict = trial(seed)
    expect(verdict.broken, `seed ${seed}\n${verdict.trace.join('\n')}`).toBeUndefined()
    const { state, subject } = verdict.operation
    ends.set(state, (ends.get(state) ?? 0) + 1)
    if (subject.includes('+')) ofSeveral.set(state, (ofSeveral.get(state) ?? 0) + 1)
    taken += verdict.conductors
  }
  // The storm is one: operations end in every way, and conductors did die in the middle.
  expect(ends.get('done')).toBeGreaterThan(count / 20)
  expect(ends.get('partly')).toBeGreaterThan(count / 100)
  expect(taken).toBeGreaterThan(count * 1.2)
  // Among them those of two HWMs that died together.
  expect(ofSeveral.get('done')).toBeGreaterThan(count / 50)
  expect(ofSeveral.get('partly')).toBeGreaterThan(count / 100)
})

test.each([
  ['silence is death', 'its permit is with'],
  ['running is gone', 'its permit is with'],
  ['arrives running', 'its permit is with'],
  ['paused is running', 'is said to be done and does not run'],
  ['proof of another', 'by the proof of'],
] satisfies [Defect, string][])('the audits find what is planted: %s', (defect, finding) => {
  let found: string | undefined
  for (let seed = first; seed < first + 200 && found === undefined; seed += 1)
    found = trial(seed, defect).broken
  expect(found).toContain(finding)
})
