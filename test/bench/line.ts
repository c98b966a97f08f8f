// Figures of the console on slow and broken lines.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { bundle } from './bundle.ts'
import type { LineFigures } from './line-work.tsx'
import type { Row } from './row.ts'

/** A key: both ways, the 600 bytes that a key may cost at this rate, and the 50 ms of any key. */
const KEY_BUDGET_MS = 150 + 75 + 50

export async function benchLine(): Promise<Row[]> {
  const program = await bundle('line-work.tsx')
  const poor = await measure(program, 8_000, 75, 0.01)
  const thin = await measure(program, 10_000, 20, 0)
  return [
    row('64 kbit/s, 150 ms, 1 % loss: key to changed cell, p95', KEY_BUDGET_MS, poor.keyP95),
    row('64 kbit/s, 150 ms, 1 % loss: the same, VMs of an HWM anew', undefined, poor.hwmKeyP95),
    row('64 kbit/s, 150 ms, 1 % loss: newest state shown after', undefined, poor.newestMs),
    row('10 kB/s, 400 VMs in a storm: newest state shown after', 2_000, thin.newestMs),
    row('10 kB/s, 400 VMs in a storm: longest way of a frame', 2_000, thin.longestMs),
  ]
}

function row(what: string, budget: number | undefined, figure: number): Row {
  return {
    what: `line: ${what}`,
    budget,
    figure,
    unit: 'ms',
    ok: budget === undefined || figure <= budget,
  }
}

async function measure(
  program: string,
  bytesPerSecond: number,
  wayMs: number,
  loss: number,
): Promise<LineFigures> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [program, String(bytesPerSecond), String(wayMs), String(loss)],
    { env: { ...process.env, NODE_ENV: 'production' }, timeout: 120_000 },
  )
  return JSON.parse(stdout) as LineFigures
}
