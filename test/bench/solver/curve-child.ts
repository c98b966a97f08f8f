// One point of the curve in a process of its own, so that its memory is its own: sizes as arguments, one JSON line as answer.
import { cpuClock } from './cpu-clock.ts'
import { homesOf } from '../../../src/solver/compile.ts'
import { solvePlacement } from '../../../src/solver/placement.ts'
import { judgeResilience } from '../../../src/solver/resilience/index.ts'
import { complaintsOf } from './certificates.ts'
import { fleet } from './fleet.ts'
import { complaintsOfPlaced } from './fewest-hosts.ts'
import { timed } from './mark.ts'

const [hwms, tolerate, seconds] = process.argv.slice(2).map(Number) as [number, number, number]
const problem = fleet({ hwms, vms: hwms * 10, fill: 0.75, seed: 61, tolerate, homes: true })
const placed = timed(() =>
  solvePlacement(problem, {
    objectives: ['fewest-hwms'],
    tolerate,
    findLargest: false,
    seconds,
    now: cpuClock,
  }),
)
const map = homesOf(problem)
const judged = timed(() =>
  judgeResilience(problem, map, { tolerate: Math.max(1, tolerate), findLargest: false }),
)
const rss = process.resourceUsage().maxRSS / 1024
const wrong = [
  ...complaintsOfPlaced(problem, placed.value),
  ...complaintsOf(problem, map, judged.value),
]
console.log(
  JSON.stringify({
    value: placed.value.answer === 'map' ? placed.value.value : undefined,
    bound: placed.value.answer === 'map' ? placed.value.bound : undefined,
    sentence: placed.value.answer === 'map' ? '' : placed.value.sentence,
    seconds: placed.seconds,
    certificate: judged.seconds,
    holds: judged.value.holds,
    mebibytes: rss,
    wrong,
  }),
)
