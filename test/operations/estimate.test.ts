import { describe, expect, test } from 'vitest'
import { DEFAULT_LIMITS, type Operation, type Step } from '../../src/model/operation.ts'
import type { ClusterSnapshot } from '../../src/model/snapshot.ts'
import { estimate } from '../../src/operations/plan/estimate.ts'
import { measuredMoves } from '../../src/operations/plan/measured.ts'
import type { PlannedMove } from '../../src/operations/plan/plan.ts'

const GIB = 1024 ** 3

/** Operation `id` moved one VM: bytes per second, and how long it stood still. */
function moved(id: number, from: string, to: string, rate: number, downMs: number): Operation {
  const step: Step = {
    id: 0,
    vm: `vm${id}`,
    method: 'live',
    from,
    targets: [to],
    target: 0,
    keepPaused: false,
    after: [],
    state: 'done',
    phase: '',
    progress: { done: GIB, total: GIB, rate },
    downMs,
    tries: {},
    error: '',
    note: '',
  }
  return {
    id: String(id),
    kind: 'migrate',
    subject: step.vm,
    by: '',
    from: '',
    why: '',
    createdAt: '',
    state: 'done',
    limits: DEFAULT_LIMITS,
    steps: [step],
  }
}

const past = [
  moved(1, 'quark', 'snailin', 50_000_000, 80),
  moved(2, 'quark', 'snailin', 60_000_000, 90),
  moved(3, 'quark', 'snailin', 10_000_000, 2_000),
  moved(4, 'snailin', 'andreys', 200_000_000, 40),
]

describe('what moves took before', () => {
  test('is the median of the line, and of all lines where that one was never used', () => {
    expect(measuredMoves(past, 'quark', 'snailin')).toEqual({
      rate: 50_000_000,
      downMs: 90,
      copies: 3,
    })
    expect(measuredMoves(past, 'andreys', 'quark')).toEqual({
      rate: 60_000_000,
      downMs: 90,
      copies: 4,
    })
    expect(measuredMoves([], 'quark', 'snailin').rate).toBeUndefined()
  })

  test('only what arrived counts, the newest twenty of it', () => {
    const failed = past.map(each => ({
      ...each,
      steps: each.steps.map(step => ({ ...step, state: 'failed' as const })),
    }))
    expect(measuredMoves(failed, 'quark', 'snailin').copies).toBe(0)
    const mended = Array.from({ length: 20 }, (_, i) =>
      moved(10 + i, 'quark', 'snailin', 100_000_000, 50),
    )
    expect(measuredMoves([...past, ...mended], 'quark', 'snailin').rate).toBe(100_000_000)
  })
})

describe('an estimate', () => {
  const move: PlannedMove = {
    vm: 'win7',
    kind: 'havm',
    method: 'live',
    from: 'quark',
    targets: ['snailin'],
    why: '',
    interrupts: false,
    after: [],
    bounce: false,
    keepPaused: false,
  }
  const snapshot = (operations: readonly Operation[], bandwidth?: number) =>
    ({
      vms: { win7: { demand: { ram: GIB } } },
      operations: Object.fromEntries(operations.map(each => [each.id, each])),
      config: { settings: { migration: { bandwidth } } },
    }) as unknown as ClusterSnapshot

  test('is reckoned with what was measured, and says with how many copies', () => {
    const { rate, copies, moves } = estimate(snapshot(past), { moves: [move] })
    expect({ rate, copies, downMs: moves[0]?.downMs }).toEqual({
      rate: 50_000_000,
      copies: 3,
      downMs: 90,
    })
    const assumed = estimate(snapshot([]), { moves: [move] })
    expect(assumed.copies).toBe(0)
    expect(moves[0]?.takesMs).toBeGreaterThan(2 * (assumed.moves[0]?.takesMs ?? 0))
  })

  test('keeps to the limit that is set', () => {
    expect(estimate(snapshot(past, 20_000_000), { moves: [move] }).rate).toBe(20_000_000)
    expect(estimate(snapshot([], 20_000_000), { moves: [move] })).toMatchObject({
      rate: 20_000_000,
      copies: 0,
    })
  })
})
