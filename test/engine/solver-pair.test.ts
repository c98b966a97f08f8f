import { describe, expect, test } from 'vitest'
import { type RunOptions, SolverFailed } from '../../src/engine/solver-pool.ts'
import { better, SolverPair, type TwoWorkers } from '../../src/engine/solver-pair.ts'
import type { PlanAnswer } from '../../src/engine/solving/answer.ts'
import type { VbpAnswer, VbpRequest } from '../../src/engine/solving/vbp.ts'
import type { Progress } from '../../src/solver/problem.ts'
import { seeded } from '../../src/solver/random.ts'

const asked: VbpRequest = {
  instance: { capacity: Float64Array.of(10), sizes: Float64Array.of(6, 6, 6), items: 3 },
  seed: 5,
  isRepeatable: false,
}

function answer(hwmsUsed: number, bound: number): VbpAnswer {
  return {
    answer: 'map',
    hwmsUsed,
    bound,
    gap: (hwmsUsed - bound) / bound,
    proved: hwmsUsed <= bound,
    seconds: 1,
    assignment: [],
  }
}

/** A plan by two objectives in order; what else a plan has is not looked at. */
function inOrder(hwms: number, unevenness: number): VbpAnswer {
  const values: Pick<PlanAnswer, 'value' | 'inOrder'> = {
    value: hwms,
    inOrder: [
      { objective: 'fewest-hwms', value: hwms },
      { objective: 'balance', value: unevenness },
    ],
  }
  return Object.assign(answer(hwms, 3), values, { resilience: { verdict: 'yes' } })
}

/** Two workers that answer when and what the test says. */
class Two implements TwoWorkers {
  readonly asked: VbpRequest[] = []
  readonly #lanes = [
    Promise.withResolvers<VbpAnswer>(),
    Promise.withResolvers<VbpAnswer>(),
  ] as const
  readonly givenUp: number[] = []
  readonly #options: RunOptions[] = []

  reports(lane: 0 | 1, progress: Progress): void {
    this.#options[lane]!.onProgress?.(progress)
  }

  run: TwoWorkers['run'] = (_: string, request: VbpRequest, options: { signal?: AbortSignal }) => {
    const lane = request.beside?.lane ?? 0
    this.asked.push(request)
    this.#options[lane] = options
    options.signal?.addEventListener('abort', () => {
      this.givenUp.push(lane)
      this.#lanes[lane].reject(options.signal?.reason)
    })
    return this.#lanes[lane].promise
  }

  says(lane: 0 | 1, what: VbpAnswer): void {
    this.#lanes[lane].resolve(what)
  }

  fails(lane: 0 | 1, error: unknown): void {
    this.#lanes[lane].reject(error)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.resolve()
  }
}

describe('two workers at one question', () => {
  test('have different seeds and something in common', async () => {
    const two = new Two()
    const both = new SolverPair(two, 2).run('vbp', asked)
    two.says(0, answer(3, 3))
    await both
    expect(two.asked.map(({ seed }) => seed)).toHaveLength(2)
    expect(two.asked[0]!.seed).toBe(5)
    expect(two.asked[1]!.seed).not.toBe(5)
    expect(two.asked[0]!.beside!.common).toBeInstanceOf(SharedArrayBuffer)
    expect(two.asked[1]!.beside!.common).toBe(two.asked[0]!.beside!.common)
  })

  test('the first proof ends both', async () => {
    const two = new Two()
    const both = new SolverPair(two, 2).run('vbp', asked)
    two.says(1, answer(3, 3))
    expect(await both).toMatchObject({ hwmsUsed: 3, proved: true })
    expect(two.givenUp).toEqual([0])
  })

  test('what is reported as proved ends the other before the answer is made', async () => {
    const two = new Two()
    const both = new SolverPair(two, 2).run('vbp', asked)
    two.reports(1, { phase: 'tabu', best: 5, bound: 3 })
    expect(two.givenUp).toEqual([])
    two.reports(1, { phase: 'columns', best: 4, bound: 4 })
    expect(two.givenUp).toEqual([0])
    two.says(1, answer(4, 4))
    expect(await both).toMatchObject({ hwmsUsed: 4 })
  })

  test('one value and the other one’s bound are a proof', async () => {
    const two = new Two()
    const both = new SolverPair(two, 2).run('vbp', asked)
    two.says(0, answer(5, 4))
    two.says(1, answer(4, 3))
    expect(await both).toMatchObject({ hwmsUsed: 4, bound: 4, gap: 0, proved: true })
  })

  test('repeatable: nothing in common, and whatever the second proves first is not heard of', async () => {
    const two = new Two()
    const both = new SolverPair(two, 2).run('vbp', { ...asked, isRepeatable: true })
    two.says(1, { ...answer(3, 3), assignment: [2] })
    await Promise.resolve()
    two.says(0, { ...answer(3, 3), assignment: [1] })
    expect(await both).toMatchObject({ assignment: [1] })
    expect(two.asked.every(({ beside }) => beside!.common === undefined)).toBe(true)
  })

  test('repeatable: what the first proves is the answer, also where the second was there before with a better later objective', async () => {
    const two = new Two()
    const both = new SolverPair(two, 2).run('vbp', { ...asked, isRepeatable: true })
    two.says(1, inOrder(3, 0.1))
    await Promise.resolve()
    two.says(0, inOrder(3, 0.3))
    expect(await both).toMatchObject({ inOrder: [{ value: 3 }, { value: 0.3 }] })
  })

  test('when one crashes the other answers; what is wrong with the question ends both', async () => {
    const crashed = new Two()
    const rest = new SolverPair(crashed, 2).run('vbp', asked)
    crashed.fails(0, new SolverFailed('crash', '', 'gone'))
    crashed.says(1, answer(4, 3))
    expect(await rest).toMatchObject({ hwmsUsed: 4 })
    const wrong = new Two()
    const none = new SolverPair(wrong, 2).run('vbp', asked)
    wrong.fails(1, new SolverFailed('error', 'UnsoundProblem', 'no such HWM'))
    await expect(none).rejects.toThrow('no such HWM')
  })

  test('on one core there is one', async () => {
    const two = new Two()
    const one = new SolverPair(two, 1).run('vbp', asked)
    two.says(0, answer(4, 3))
    expect(await one).toMatchObject({ hwmsUsed: 4 })
    expect(two.asked).toHaveLength(1)
  })

  test('no answer is worse than a map, and impossible is final', () => {
    const none: VbpAnswer = { ...answer(0, 0), answer: 'no-answer', proved: false }
    expect(better(none, answer(9, 3))).toMatchObject({ answer: 'map' })
    const never: VbpAnswer = { ...answer(0, 0), answer: 'impossible', proved: true }
    expect(better(answer(9, 3), never)).toMatchObject({ answer: 'impossible' })
  })
})

test('of several objectives in order all decide: where the first is equal the next does', () => {
  const best = [{ value: 4 }, { value: 0.1 }]
  expect(better(inOrder(4, 0.3), inOrder(4, 0.1))).toMatchObject({ inOrder: best })
  expect(better(inOrder(4, 0.1), inOrder(4, 0.3))).toMatchObject({ inOrder: best })
  expect(better(inOrder(4, 0.3), inOrder(5, 0.1))).toMatchObject({ value: 4 })
})

test('real workers: equal seeds give equal answers, and the proof of either is the answer', async () => {
  const random = seeded(3)
  const sizes = Float64Array.from({ length: 60 * 3 }, () => 100 + random.below(500))
  const instance = { capacity: Float64Array.of(1000, 1000, 1000), sizes, items: 60 }
  await using pair = new SolverPair(undefined, 2)
  const solve = (isRepeatable: boolean) =>
    pair.run('vbp', { instance, seed: 7, seconds: 5, isRepeatable })
  const first = await solve(true)
  expect(await solve(true)).toMatchObject({ assignment: first.assignment })
  expect(await solve(false)).toMatchObject({ hwmsUsed: first.hwmsUsed, proved: first.proved })
})
