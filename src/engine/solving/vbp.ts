// Vector bin packing by itself: what `plan --vbp` answers.
import { Budget } from '../../solver/budget.ts'
import type { WorthProof } from '../../solver/check/bins.ts'
import { packFewest } from '../../solver/packing/fewest.ts'
import { plainPacking } from '../../solver/packing/packing.ts'
import { seeded } from '../../solver/random.ts'
import type { VbpInstance } from '../../solver/vbp.ts'
import { type BesideRequest, besideOf, type Hooks } from './answer.ts'
import { TimeShare } from './time-share.ts'

export interface VbpRequest {
  readonly instance: VbpInstance
  readonly seed: number
  readonly seconds?: number
  readonly isRepeatable: boolean
  readonly beside?: BesideRequest
}

export interface VbpAnswer {
  readonly answer: 'map' | 'impossible' | 'no-answer'
  readonly hwmsUsed: number
  readonly bound: number
  readonly gap: number
  readonly proved: boolean
  readonly seconds: number
  /** Bin of each item, from 0 without gaps. */
  readonly assignment: readonly number[]
  /** Why no packing has fewer bins than `bound`, where it rests on prices of items; absent: by counting, or another worker has it. */
  readonly proof?: WorthProof
  /** The item that is larger than a bin, when that is why there is no answer. */
  readonly tooLarge?: number
}

const NOTHING = { hwmsUsed: 0, bound: 0, gap: 0, assignment: [] } as const

export function answerVbp(request: VbpRequest, hooks: Hooks): VbpAnswer {
  const { capacity, sizes, items } = request.instance
  const time = new TimeShare(hooks, request)
  const dims = capacity.length
  for (let i = 0; i < items; i++) {
    if (capacity.some((most, d) => sizes[i * dims + d]! > most))
      return { answer: 'impossible', ...NOTHING, proved: true, seconds: time.spent, tooLarge: i }
  }
  const report = (best: number | undefined, bound: number, phase: string) =>
    hooks.onProgress({
      phase,
      bound,
      ...(best !== undefined && { best, gap: bound > 0 ? (best - bound) / bound : 0 }),
    })
  const { where, bound, proof } = packFewest(
    plainPacking(capacity, sizes, items),
    seeded(request.seed),
    new Budget(time.until(1)),
    report,
    request.seconds === undefined ? ROUNDS_BY_DEFAULT : Infinity,
    request.beside && besideOf(request.beside),
  )
  if (where === undefined)
    return { answer: 'no-answer', ...NOTHING, proved: false, seconds: time.spent }
  const numbers = new Map<number, number>()
  const assignment = Array.from(where, bin => {
    const number = numbers.get(bin) ?? numbers.size
    numbers.set(bin, number)
    return number
  })
  const hwmsUsed = numbers.size
  return {
    answer: 'map',
    hwmsUsed,
    bound,
    gap: bound > 0 ? (hwmsUsed - bound) / bound : 0,
    proved: hwmsUsed <= bound,
    seconds: time.spent,
    assignment,
    ...(proof && { proof }),
  }
}

/** Without a time limit the search ends after so many rounds without an improvement. */
const ROUNDS_BY_DEFAULT = 8
