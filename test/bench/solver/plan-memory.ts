// Peak memory of `plan --json` on a large cluster, all threads: two workers search, then every fallback map that there is room for is printed.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Resources } from '../../../src/model/resources.ts'
import { fleet } from './fleet.ts'
import { inSeconds, type MarkRow, type Part, verdictOf } from './mark.ts'

const PROGRAM = fileURLToPath(new URL('../../../bin/yasco', import.meta.url))
const MOST_MIB = 0.7 * 1024
const MIB = 2 ** 20

/** Fallback maps that must have been printed: those of all single failures and more. An answer without them takes no memory. */
const LEAST_SETS = 2_000
/** What a printed fallback map begins with. */
const SET_MARK = '"failed":'

/** How often the peak so far is read: it never falls, so what is missed is what the last tenth of a second adds. */
const EVERY_MS = 100

export const planMemory: Part = {
  name: 'memory',
  async *run(): AsyncGenerator<MarkRow> {
    for (const how of [['--keep-map'], ['--objective', 'fewest-hwms']]) yield await rowOf(how)
  },
}

async function rowOf(how: readonly string[]): Promise<MarkRow> {
  const [hwms, tolerate] = [1_000, 2]
  const folder = mkdtempSync(join(tmpdir(), 'yasco-bench-'))
  try {
    const file = join(folder, 'large.yaml')
    writeFileSync(file, clusterFile(hwms, tolerate))
    const start = performance.now()
    // A long time: a busy machine shall end it too, and what takes memory comes last.
    const args = ['plan', '--file', file, '--json', '--seconds', '120', ...how]
    const { mebibytes, bytes, sets, status } = await peakOf(args)
    const what = `plan --json ${how.join(' ')}: ${hwms} HWMs, ${hwms * 10} VMs, X = ${tolerate}`
    return {
      what,
      mark: `<= ${(MOST_MIB / 1024).toFixed(1)} GiB, all threads, >= ${LEAST_SETS} maps`,
      figure: `${Math.round(mebibytes)} MiB for ${sets} maps in ${Math.round(bytes / MIB)} MiB of JSON, ${inSeconds((performance.now() - start) / 1000)} of the clock${status === 0 ? '' : `, ended with ${status}`}`,
      verdict: verdictOf(status === 0 && sets >= LEAST_SETS && mebibytes <= MOST_MIB),
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The fleet of the curve as a cluster file; YAML reads JSON. */
function clusterFile(hwms: number, tolerate: number): string {
  const shape = { hwms, vms: hwms * 10, fill: 0.75, seed: 61, tolerate, homes: true }
  const problem = fleet(shape)
  const amounts = (of: Resources): Record<string, string | number> => ({
    ram: `${Math.ceil((of['ram'] ?? 0) / MIB)}MiB`,
    cpu: (of['cpu'] ?? 0) / 1000,
    storage: `${Math.ceil((of['storage'] ?? 0) / MIB)}MiB`,
    rx: `${Math.ceil((of['rx'] ?? 0) / 1e6)}Mbit`,
    tx: `${Math.ceil((of['tx'] ?? 0) / 1e6)}Mbit`,
  })
  return JSON.stringify({
    apiVersion: 'yasco/v1',
    cluster: 'large',
    etcd: { endpoints: ['http://10.0.0.1:2379'] },
    tolerate,
    domains: '/srv/domains',
    hwms: Object.fromEntries(
      problem.hwms.map(({ name, capacity }, h) => [
        name,
        {
          libvirt: `qemu+ssh://root@10.1.${h >> 8}.${h & 255}/system`,
          capacity: amounts(capacity),
        },
      ]),
    ),
    vms: Object.fromEntries(
      problem.vms.map(({ name, ha, home, demand }) => [name, { ha, home, ...amounts(demand) }]),
    ),
  })
}

interface Peak {
  readonly mebibytes: number
  /** Printed. */
  readonly bytes: number
  /** Fallback maps printed. */
  readonly sets: number
  readonly status: number | null
}

async function peakOf(args: readonly string[]): Promise<Peak> {
  const child = spawn(PROGRAM, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let mebibytes = 0
  let bytes = 0
  let sets = 0
  let tail = ''
  child.stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    // A mark may be cut in two by the end of a chunk.
    const text = tail + chunk.toString('latin1')
    sets += text.split(SET_MARK).length - 1
    tail = text.slice(-(SET_MARK.length - 1))
  })
  const timer = setInterval(() => {
    mebibytes = Math.max(mebibytes, highest(child.pid))
  }, EVERY_MS)
  const { promise, resolve, reject } = Promise.withResolvers<number | null>()
  child.once('error', reject)
  child.once('close', resolve)
  try {
    const status = await promise
    return { mebibytes, bytes, sets, status }
  } finally {
    clearInterval(timer)
  }
}

/** The most that was resident at a time, in MiB; 0 when the process is gone. */
function highest(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}
