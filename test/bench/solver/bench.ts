// `npm run bench:solver -- [--data DIR] [--rows a,b] [--seconds S] [--full] [--known]`: every row of the solver's marks with the figure beside
// it and the peer in the same call. Ends with 1 when a mark is missed or a row could not be run.
import { parseArgs } from 'node:util'
import { existsSync } from 'node:fs'
import type { BenchOptions, MarkRow, Part } from './mark.ts'

const parts: readonly { readonly name: string; readonly load: () => Promise<Part> }[] = [
  { name: 'vbp', load: async () => (await import('./vbp.ts')).vbp },
  { name: 'fleets', load: async () => (await import('./fleets.ts')).fleets },
  { name: 'n1', load: async () => (await import('./n1.ts')).n1 },
  { name: 'certificates', load: async () => (await import('./certificates.ts')).certificates },
  { name: 'resilient', load: async () => (await import('./resilient.ts')).resilient },
  { name: 'moves', load: async () => (await import('./moves.ts')).moves },
  { name: 'balance', load: async () => (await import('./balance.ts')).balanceMarks },
  { name: 'order', load: async () => (await import('./order.ts')).orderMarks },
  { name: 'families', load: async () => (await import('./families-marks.ts')).families },
  { name: 'curve', load: async () => (await import('./curve.ts')).curve },
  { name: 'memory', load: async () => (await import('./plan-memory.ts')).planMemory },
]

function usage(problem: string): never {
  console.error(
    `bench:solver: ${problem}\nusage: npm run bench:solver -- [--data DIR] [--rows ${parts.map(part => part.name).join(',')}] [--seconds S] [--full] [--known]`,
  )
  process.exit(2)
}

function read(): { options: BenchOptions; wanted: readonly string[] } {
  const { values } = parseArgs({
    options: {
      data: { type: 'string' },
      rows: { type: 'string' },
      seconds: { type: 'string' },
      full: { type: 'boolean', default: false },
      known: { type: 'boolean', default: false },
    },
  })
  const seconds = Number(values.seconds ?? 10)
  if (!(seconds > 0)) usage(`--seconds must be a number above 0, not ${values.seconds}`)
  if (values.data !== undefined && !existsSync(values.data))
    usage(`--data ${values.data}: there is no such folder`)
  const wanted = values.rows?.split(',') ?? parts.map(part => part.name)
  for (const name of wanted)
    if (!parts.some(part => part.name === name)) usage(`--rows ${name}: there is no such row`)
  const { data, full: isFull, known: isKnown } = values
  return { options: { data, seconds, isFull, isKnown }, wanted }
}

function print(row: MarkRow): void {
  console.log(
    (row.verdict === 'shown' ? '' : row.verdict).padEnd(8) +
      `${row.what.padEnd(58)} ${row.figure.padEnd(34)} ${row.mark.padEnd(26)} ${row.peer ?? ''}`.trimEnd(),
  )
}

const { options, wanted } = read()
if (options.data === undefined)
  console.log('No --data: the public instances are left out, made-up ones are measured.')
console.log(
  'Seconds are of processor time, unless they are said to be of the clock; hbal and hcheck are ended by processor time, their seconds are of the clock.',
)
const count = { ok: 0, MISSED: 0, shown: 0, 'NOT RUN': 0 }
for (const { name, load } of parts) {
  if (!wanted.includes(name)) continue
  const part = await load()
  console.log(`\n== ${name}`)
  for await (const row of part.run(options)) {
    count[row.verdict]++
    print(row)
  }
}
console.log(
  `\n${count.ok} marks reached, ${count.MISSED} missed, ${count['NOT RUN']} not run, ${count.shown} figures shown without a mark`,
)
process.exitCode = count.MISSED + count['NOT RUN'] === 0 ? 0 : 1
