// `npm run bench`: every budget of the design with the figure beside it, on this machine, now. Ends with 1 when one is missed.
// A part that cannot run here (no root for real libvirtd and etcd) is named as not run.
import type { Row } from './row.ts'

interface Part {
  readonly name: string
  run(): Promise<Row[]>
}

const parts: readonly Part[] = [
  { name: 'start', run: async () => (await import('./start.ts')).benchStart() },
  { name: 'console', run: async () => (await import('./console.ts')).benchConsole() },
  { name: 'line', run: async () => (await import('./line.ts')).benchLine() },
  { name: 'engine', run: async () => (await import('./engine.ts')).benchEngine() },
  { name: 'preview', run: async () => (await import('./preview.ts')).benchPreview() },
  { name: 'etcd', run: async () => (await import('./etcd.ts')).benchEtcd() },
  { name: 'libvirt', run: async () => (await import('./libvirt.ts')).benchLibvirt() },
  { name: 'ssh', run: async () => (await import('./ssh.ts')).benchSsh() },
  { name: 'acting', run: async () => (await import('./acting.ts')).benchActing() },
]

const wanted = process.argv.slice(2)
const rows: Row[] = []
const notRun: string[] = []
for (const part of parts) {
  if (wanted.length > 0 && !wanted.includes(part.name)) continue
  console.error(`bench: ${part.name} ...`)
  try {
    rows.push(...(await part.run()))
  } catch (error) {
    notRun.push(`${part.name}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function line(what: string, figure: string, budget: string, verdict: string, peer: string): string {
  return `${what.padEnd(66)} ${figure.padStart(12)} ${budget.padStart(12)}  ${verdict.padEnd(7)} ${peer}`.trimEnd()
}

function amount(value: number, unit: string): string {
  const digits =
    Math.abs(value) >= 100 || Number.isInteger(value) ? 0 : Math.abs(value) >= 10 ? 1 : 2
  return `${value.toFixed(digits)} ${unit}`
}

console.log(line('what', 'figure', 'budget', '', 'peer, in the same run'))
for (const row of rows) {
  const budget = row.budget === undefined ? '' : amount(row.budget, row.unit)
  const verdict = row.budget === undefined ? '' : row.ok ? 'ok' : 'MISSED'
  console.log(line(row.what, amount(row.figure, row.unit), budget, verdict, row.peer ?? ''))
}
for (const reason of notRun) console.log(`NOT RUN  ${reason}`)
const missed = rows.filter(row => !row.ok).length
console.log(`${rows.length} figures, ${missed} budgets missed, ${notRun.length} parts not run`)
process.exit(missed === 0 && notRun.length === 0 ? 0 : 1)
