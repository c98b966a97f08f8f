// From the command to the first frame on a terminal: the bundled program, as the operator starts it, in a real pty.
import { spawn } from 'node:child_process'
import { stripVTControlCharacters } from 'node:util'
import type { Row } from './row.ts'

const YASCO = new URL('../../bin/yasco', import.meta.url).pathname
const LIMIT_MS = 20_000
const RUNS = 7

/** ms until the terminal was sent a text that matches, from the start of the program. util-linux' script(1) makes the pty. */
function untilShown(command: string, shown: RegExp): Promise<number> {
  return new Promise((resolve, reject) => {
    const began = performance.now()
    const child = spawn('script', ['-qfc', `stty rows 24 cols 80; exec ${command}`, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'inherit'],
      detached: true,
      env: { ...process.env, TERM: 'xterm-256color', LANG: 'C.UTF-8', CI: '' },
    })
    let text = ''
    const finish = (settle: () => void) => {
      clearTimeout(limit)
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
      settle()
    }
    const limit = setTimeout(
      () =>
        finish(() =>
          reject(
            new Error(
              `${command} did not show ${shown} within ${LIMIT_MS} ms: ${text.slice(-500)}`,
            ),
          ),
        ),
      LIMIT_MS,
    )
    child.on('error', reject)
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8')
      if (shown.test(stripVTControlCharacters(text)))
        finish(() => resolve(performance.now() - began))
    })
  })
}

async function median(run: () => Promise<number>): Promise<number> {
  const times: number[] = []
  for (let i = 0; i < RUNS; i += 1) times.push(await run())
  times.sort((a, b) => a - b)
  return times[Math.floor(RUNS / 2)] ?? Number.NaN
}

export async function benchStart(): Promise<Row[]> {
  const frame = await median(() => untilShown(`${YASCO} demo`, /1 HWM/))
  const cluster = await median(() => untilShown(`${YASCO} demo`, /quark/))
  const version = await median(() => untilShown(`${YASCO} --version`, /\d+\.\d+/))
  return [
    {
      what: 'console: first frame from start (bundled), median of 7',
      budget: 300,
      figure: frame,
      unit: 'ms',
      ok: frame <= 300,
    },
    {
      what: 'console: first frame with the cluster in it',
      budget: undefined,
      figure: cluster,
      unit: 'ms',
      ok: true,
    },
    {
      what: 'yasco --version (the program itself, no console)',
      budget: undefined,
      figure: version,
      unit: 'ms',
      ok: true,
    },
  ]
}
