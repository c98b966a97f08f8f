// Figures of the console: bytes, latency of keys, cost of a frame, memory. The screen's process alone, before a made-up engine.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { ESCAPE_MS } from '../../components/keyboard.ts'
import { bundle } from './bundle.ts'
import type { Figures } from './console-work.tsx'
import type { Row } from './row.ts'

const LIMIT_MS = 180_000

export async function benchConsole(): Promise<Row[]> {
  const program = await bundle('console-work.tsx')
  const small = await measure(program, 3, 20, '80x24')
  const wide = await measure(program, 3, 20, '160x50')
  const middle = await measure(program, 6, 50, '160x50')
  const large = await measure(program, 1_000, 10, '160x50')
  return [
    row('bytes: an idle second, 80x24', 0, small.idleBytes / 3, 'B'),
    row('bytes: one VM changed, 80x24', 300, small.newsBytes, 'B'),
    row('bytes: one VM changed, 160x50', 300, wide.newsBytes, 'B'),
    row('bytes: one VM changed, 160x50, 1 000 x 10 000', 300, large.newsBytes, 'B'),
    row('bytes: one key down a list, the most, 80x24', 600, small.keyBytes, 'B'),
    row('bytes: one key down a list, the most, 160x50, 1 000 x 10 000', 600, large.keyBytes, 'B'),
    row('key to changed cell, p95, 3 x 20', 50, wide.keyP95, 'ms'),
    row('key to changed cell, p95, 1 000 x 10 000', 50, large.keyP95, 'ms'),
    row('a letter of a filter, p95, 1 000 x 10 000', 50, large.filterP95, 'ms'),
    row(
      'Esc (takes a filter away), p95, 1 000 x 10 000',
      50 + ESCAPE_MS,
      large.escapeP95,
      'ms',
      `${ESCAPE_MS} ms of it: is it the beginning of a longer key?`,
    ),
    row('engine to changed cell, p95, 3 x 20', 100, wide.newsP95, 'ms'),
    row('engine to changed cell, p95, 1 000 x 10 000', 100, large.newsP95, 'ms'),
    row(
      'frame cost, 1 000 x 10 000 against 6 x 50',
      1.3,
      large.frameCpu / middle.frameCpu,
      'x',
      `${middle.frameCpu.toFixed(1)} ms of CPU a frame at 6 x 50`,
    ),
    row('screen 3: key to changed cell, p95, 1 000 x 10 000', 50, large.placeP95, 'ms'),
    row('screen 4: key to changed cell, p95, 1 000 x 10 000', 50, large.fallbackP95, 'ms'),
    row(
      'screen 3: frame cost, 1 000 x 10 000 against 6 x 50',
      1.3,
      large.placeCpu / middle.placeCpu,
      'x',
      `${middle.placeCpu.toFixed(1)} ms of CPU a frame at 6 x 50`,
    ),
    row(
      'screen 4: frame cost, 1 000 x 10 000 against 6 x 50',
      1.3,
      large.fallbackCpu / middle.fallbackCpu,
      'x',
      `${middle.fallbackCpu.toFixed(1)} ms of CPU a frame at 6 x 50`,
    ),
    row('memory of the screen, 3 x 20', undefined, wide.rss, 'MB'),
    row('memory of the screen, 1 000 x 10 000', undefined, large.rss, 'MB'),
  ]
}

function row(
  what: string,
  budget: number | undefined,
  figure: number,
  unit: string,
  peer?: string,
): Row {
  const ok = budget === undefined || figure <= budget
  return {
    what: `console: ${what}`,
    budget,
    figure,
    unit,
    ok,
    ...(peer === undefined ? {} : { peer }),
  }
}

async function measure(
  program: string,
  hosts: number,
  perHost: number,
  size: string,
): Promise<Figures> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--expose-gc', program, String(hosts), String(perHost), ...size.split('x')],
    { env: { ...process.env, NODE_ENV: 'production' }, timeout: LIMIT_MS },
  )
  return JSON.parse(stdout) as Figures
}
