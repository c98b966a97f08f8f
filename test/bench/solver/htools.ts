// The peer for N-1 and balance: Ganeti's htools, as Debian packages them. Installed when this is root; without them rows say so.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Ran {
  readonly seconds: number
  /** False: it was ended by the limit. */
  readonly isDone: boolean
  readonly output: string
}

/** Whether htools are here; installs them when this is root. Answers why they are not. */
export function missingHtools(): string | undefined {
  const isThere = (): boolean => spawnSync('hbal', ['--version'], { timeout: 10_000 }).status === 0
  if (isThere()) return undefined
  if (process.getuid?.() !== 0) return 'ganeti-htools is not installed, and this is not root'
  const done = spawnSync('apt-get', ['install', '-y', '--no-install-recommends', 'ganeti-htools'], {
    timeout: 300_000,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })
  return isThere()
    ? undefined
    : `ganeti-htools could not be installed: ${String(done.stderr).trim()}`
}

/** On a machine with much other work a second of processor time takes many of the clock. */
const CLOCK = 20

/** Runs one of htools on a cluster, for so many seconds of processor time at most; `%` among the arguments stands for the folder of its file. */
export function htools(
  program: 'hbal' | 'hcheck' | 'hinfo',
  args: readonly string[],
  cluster: string,
  limit: number,
): Ran {
  const folder = mkdtempSync(join(tmpdir(), 'yasco-bench-'))
  try {
    const file = join(folder, 'cluster.data')
    writeFileSync(file, cluster)
    const start = performance.now()
    const given = ['-t', file, ...args.map(arg => arg.replace('%', folder))]
    const done = spawnSync(
      'sh',
      ['-c', 'ulimit -t "$0"; exec "$@"', String(Math.ceil(limit)), program, ...given],
      { timeout: CLOCK * limit * 1000, encoding: 'utf8', maxBuffer: 1 << 28 },
    )
    const seconds = (performance.now() - start) / 1000
    if (done.error !== undefined && (done.error as NodeJS.ErrnoException).code !== 'ETIMEDOUT')
      throw new Error(`${program} could not be run: ${done.error.message}`)
    return { seconds, isDone: done.signal === null, output: `${done.stdout}${done.stderr}` }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** What `hinfo` prints for one node group: the score and whether it is N+1 happy. */
export function judgedByHinfo(cluster: string): { score: number; isHappy: boolean } {
  const { output } = htools('hinfo', [], cluster, 60)
  const score = /Cluster score: ([\d.]+)/.exec(output)?.[1]
  if (score === undefined) throw new Error(`hinfo printed no score:\n${output.slice(0, 400)}`)
  return { score: Number(score), isHappy: output.includes('Cluster is N+1 happy') }
}
