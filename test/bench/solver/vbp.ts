// Vector bin packing on the public instances: against the known optimum and the best of all published heuristics. Instances run side by
// side, each on a core of its own.
import { vbpCases, type VbpCase } from './data.ts'
import { inLanes } from './lanes.ts'
import { solveInPair } from './vbp-job.ts'
import { type BenchOptions, type MarkRow, notRun, type Part, verdictOf } from './mark.ts'
import type { VbpSolved } from './vbp-job.ts'

/** Of so many instances one is run by default: that goes through all families, sizes and dimensions. */
const SAMPLE = 17

interface Result extends VbpSolved {
  readonly case: VbpCase
}

export const vbp: Part = { name: 'vbp', run }

async function* run({ data, seconds, isFull, isKnown }: BenchOptions): AsyncGenerator<MarkRow> {
  const what = 'vbp: public instances'
  const all = data === undefined ? [] : vbpCases(data)
  if (all.length === 0) {
    yield notRun(what, '', 'no vbp instances: --data names the folder that has vbp/')
    return
  }
  const cases = all.filter(({ optimum }, k) => (isKnown ? optimum > 0 : isFull || k % SAMPLE === 1))
  const answers = await inLanes<VbpSolved>(
    cases.map(({ text }) => ({
      module: 'vbp-job.ts',
      call: 'solveVbp',
      argument: { text, seconds, seed: 1 },
    })),
    // Of the wall: a busy machine may give a thread a tenth of its time.
    20 * seconds + 120,
  )
  const results: Result[] = []
  for (const [k, answer] of answers.entries()) {
    const of = cases[k]!
    if (answer instanceof Error) yield notRun(`vbp: ${of.family}/${of.name}`, '', answer.message)
    else if (answer.complaints.length > 0)
      yield {
        what: `vbp: ${of.family}/${of.name}`,
        mark: 'accepted by the checker',
        figure: answer.complaints[0]!,
        verdict: 'MISSED',
      }
    else results.push({ ...answer, case: of })
  }
  yield* marksOf(results, seconds)
  yield* againByBoth(results, seconds)
  for (const { case: of, bins, bound, seconds: taken } of results) {
    if (bins <= (of.optimum > 0 ? of.optimum : Math.max(bound, bins - 1))) continue
    yield {
      what: `  ${of.family}/${of.name}`,
      mark: '',
      figure: `${bins} bins, bound ${bound}, ${taken.toFixed(1)} s`,
      verdict: 'shown',
      peer: `${of.optimum > 0 ? `optimum ${of.optimum}, ` : ''}published ${of.published}`,
    }
  }
}

/** What one core missed, with the two workers that the command has: the same seconds, of the clock on the wall. */
async function* againByBoth(results: readonly Result[], seconds: number): AsyncGenerator<MarkRow> {
  const sound = results.filter(({ case: of }) => of.optimum > 0)
  const missed = sound.filter(({ bins, case: of }) => bins > of.optimum)
  let reached = sound.length - missed.length
  const still: string[] = []
  for (const { case: of } of missed) {
    const { bins, elapsed } = await solveInPair({ text: of.text, seconds, seed: 1 })
    if (bins <= of.optimum) reached++
    else still.push(`${of.name} + ${bins - of.optimum} in ${elapsed.toFixed(1)} s`)
  }
  yield {
    what: `vbp: the same with both cores for one, ${seconds} s elapsed`,
    mark: '>= 95 %',
    figure: percentOf(reached, sound.length),
    verdict: verdictOf(reached >= 0.95 * sound.length),
    peer: still.join(', '),
  }
}

function percentOf(part: number, of: number): string {
  return of === 0 ? 'none' : `${((100 * part) / of).toFixed(1)} % (${part} of ${of})`
}

function* marksOf(results: readonly Result[], seconds: number): Generator<MarkRow> {
  const sound = results.filter(({ case: of }) => of.optimum > 0)
  const gap = (bins: (result: Result) => number): number =>
    (100 * sound.reduce((sum, r) => sum + bins(r) / r.case.optimum - 1, 0)) /
    Math.max(1, sound.length)
  const hit = sound.filter(({ bins, case: of }) => bins <= of.optimum).length
  const theirs = sound.filter(({ case: of }) => of.published <= of.optimum).length
  const small = results.filter(({ items }) => items <= 120)
  const proved = small.filter(({ bins, bound }) => bins <= bound).length
  const above = results.filter(({ bins, case: of }) => bins > of.published).length
  const wrong = sound.filter(({ bins, bound, case: of }) => bins < of.optimum || bound > of.optimum)
  yield {
    what: `vbp: known optimum reached, ${seconds} s each`,
    mark: '>= 95 %',
    figure: percentOf(hit, sound.length),
    verdict: verdictOf(hit >= 0.95 * sound.length),
    peer: `best published heuristic of each: ${percentOf(theirs, sound.length)}`,
  }
  yield {
    what: 'vbp: mean gap to the known optimum',
    mark: '<= 0.10 %',
    figure: `${gap(r => r.bins).toFixed(3)} %`,
    verdict: verdictOf(gap(r => r.bins) <= 0.1),
    peer: `best published: ${gap(r => r.case.published).toFixed(2)} %`,
  }
  yield {
    what: 'vbp: above the best published',
    mark: 'none',
    figure: `${above} of ${results.length}`,
    verdict: verdictOf(above === 0),
  }
  yield {
    what: 'vbp: proved, n <= 120',
    mark: '>= 80 %',
    figure: percentOf(proved, small.length),
    verdict: verdictOf(proved >= 0.8 * small.length),
  }
  const proofs = results.filter(({ proof }) => proof !== 'none')
  const said = (word: string): number => proofs.filter(({ proof }) => proof === word).length
  yield {
    what: 'vbp: bounds by prices, judged by the checker',
    mark: 'none refused',
    figure: `${said('yes')} accepted, ${said('unknown')} too large to judge, ${said('no')} refused`,
    verdict: verdictOf(said('no') === 0),
  }
  yield {
    what: 'vbp: below a known optimum, or a bound above it',
    mark: 'none',
    figure: `${wrong.length} of ${sound.length}`,
    verdict: verdictOf(wrong.length === 0),
  }
}
