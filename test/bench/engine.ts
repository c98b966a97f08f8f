// Figures of the engine: memory of screen and engine together, what a stalled screen does to it, and how fast a change arrives.
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { duplexPair } from 'node:stream'
import { observe } from '../../src/cluster/observe.ts'
import { Engine } from '../../src/engine/engine.ts'
import type { EngineHealth } from '../../src/engine/engine.ts'
import { linkToEngine } from '../../src/engine/link.ts'
import { startEngine } from '../../src/engine/start.ts'
import { encode, keys, vmValue } from '../../src/etcd/layout.ts'
import { realClock } from '../../src/model/clock.ts'
import type { ClusterSnapshot } from '../../src/model/snapshot.ts'
import { sized } from '../../src/simulator/made-up.ts'
import { Simulation } from '../../src/simulator/simulation.ts'
import { benchCommitting } from './committing.ts'
import { BUNDLE, SILENT, until } from './engine-screen.ts'
import type { Row } from './row.ts'

const YASCO = new URL('../../bin/yasco', import.meta.url).pathname
const MIB = 2 ** 20

export async function benchEngine(): Promise<Row[]> {
  return [
    await memory('3x20', 220, 15_000),
    await memory('1000x10000', 400, 40_000),
    ...(await stall('3x20')),
    ...(await stall('1000x10000')),
    await etcdToPatch(3, 20),
    await etcdToPatch(1_000, 10_000),
    ...(await benchCommitting(1_000, 10_000)),
  ]
}

/** A console on a pty (script's) and its engine, after a while. Pages that both map, Node itself for the most part, count once (Pss). */
async function memory(size: string, budget: number, afterMs: number): Promise<Row> {
  const command = `stty rows 50 cols 160; exec ${YASCO} demo --size ${size}`
  const child = spawn('script', ['-qfc', command, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
    env: { ...process.env, TERM: 'xterm-256color', LANG: 'C.UTF-8', CI: '' },
  })
  child.stdout.resume()
  try {
    await sleep(afterMs)
    const pids = descendants(child.pid ?? 0).filter(pid => /yasco/.test(commandOf(pid)))
    const nodes = pids.filter(pid => commandOf(pid).split('\0')[0]?.endsWith('node'))
    if (nodes.length !== 2)
      throw new Error(`expected screen and engine, found ${nodes.length} processes`)
    const figure = nodes.reduce((sum, pid) => sum + kibOf(pid, 'Pss'), 0) / 1024
    const rss = nodes.map(pid => `${Math.round(kibOf(pid, 'Rss') / 1024)}`).join(' + ')
    return {
      what: `resident memory of screen and engine together, ${size}`,
      budget,
      figure,
      unit: 'MiB',
      ok: figure * MIB <= budget * 1e6,
      peer: `RSS, shared pages counted twice: ${rss} MiB`,
    }
  } finally {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  }
}

const STALL_MS = 20_000

/** A screen that reads nothing for 20 s, as one does that writes to a stalled terminal, while its cluster changes ten times a second. */
async function stall(size: string): Promise<Row[]> {
  const [hwms = 0, vms = 0] = size.split('x').map(Number)
  const spec = { mode: 'demo', seed: 1, readOnly: true, size: { hwms, vms } } as const
  const engine = startEngine({ spec, program: BUNDLE })
  let newest: ClusterSnapshot | undefined
  const link = linkToEngine(engine.stream, 'bench', {
    ...SILENT,
    snapshot: snapshot => {
      newest = snapshot
    },
  })
  const health = async () => {
    const answer = await link.ask({ ask: 'engine-health' })
    if (!answer.ok) throw new Error(answer.error)
    return answer.value as EngineHealth
  }
  try {
    await until(
      () => Object.values(newest?.hwms ?? {}).filter(hwm => hwm.state === 'up').length === hwms,
    )
    await sleep(3_000)
    const before = await health()
    const vm = Object.keys(newest?.vms ?? {})[0] ?? ''
    engine.stream.pause()
    const asked: Promise<unknown>[] = []
    for (let round = 0; round < STALL_MS / 100; round++) {
      const line = `${round % 2 === 0 ? 'stop' : 'start'} ${vm}`
      // Few enough at once for the engine to take them all: its answers wait in the stream.
      if (round < 30) asked.push(link.ask({ ask: 'simulate', line }, { timeoutMs: 60_000 }))
      await sleep(100)
    }
    const began = performance.now()
    engine.stream.resume()
    await Promise.all(asked)
    await link.ask({ ask: 'simulate', line: `stop ${vm}` })
    await until(() => newest?.vms[vm]?.state === 'stopped')
    const caughtUp = performance.now() - began
    const after = await health()
    const grown = (after.rss - before.rss) / MIB
    return [
      {
        what: `longest gap in the engine's loop, screen stalled for 20 s, ${size}`,
        budget: 1_000,
        figure: after.longestGapMs,
        unit: 'ms',
        ok: after.longestGapMs <= 1_000,
        peer: `engine's memory grew by ${grown.toFixed(1)} MiB meanwhile`,
      },
      {
        what: `from the end of the stall to the newest state, ${size}`,
        budget: 2_000,
        figure: caughtUp,
        unit: 'ms',
        ok: caughtUp <= 2_000,
      },
    ]
  } finally {
    link[Symbol.dispose]()
    engine.kill()
    await engine.ended
  }
}

const CHANGES = 50

/** From a commit in the store to the patch applied on the screen's side; the median of 50. */
export async function etcdToPatch(hwms: number, vms: number): Promise<Row> {
  const cluster = sized(hwms, vms, 1)
  const { cluster: name, etcd } = cluster.config
  const simulation = new Simulation({ cluster, clock: realClock, seed: 1 })
  const store = simulation.connectStore()
  const observation = observe({ cluster: name, store, etcd, open: simulation.open, readOnly: true })
  await using engine = new Engine({ observation, version: 'bench' })
  const [ours, theirs] = duplexPair()
  engine.attach(theirs)
  let newest: ClusterSnapshot | undefined
  let wake: () => void = () => undefined
  using link = linkToEngine(ours, 'bench', {
    ...SILENT,
    snapshot: snapshot => {
      newest = snapshot
      wake()
    },
  })
  link.lookingAt('vm')
  await until(
    () => Object.values(newest?.hwms ?? {}).filter(hwm => hwm.state === 'up').length === hwms,
  )
  const [vm] = cluster.config.vms
  if (!vm) throw new Error('a cluster without VMs')
  const times: number[] = []
  // All of this is in one process and its timers are such that they keep no process alive.
  const awake = setInterval(() => undefined, 1_000)
  for (let priority = 1; priority <= CHANGES; priority++) {
    const began = performance.now()
    const { name: key, ...value } = { ...vm, priority: 1_000 + priority }
    simulation.etcd.commit({ if: [], then: [{ put: keys.vm(key), value: encode(vmValue, value) }] })
    while (newest?.vms[key]?.config?.priority !== 1_000 + priority)
      await new Promise<void>(resolve => {
        wake = resolve
      })
    times.push(performance.now() - began)
    await sleep(20)
  }
  clearInterval(awake)
  const figure = times.toSorted((a, b) => a - b)[CHANGES / 2] ?? Number.NaN
  return {
    what: `etcd change to the screen's store, median of ${CHANGES}, ${hwms}x${vms}`,
    budget: 100,
    figure,
    unit: 'ms',
    ok: figure <= 100,
  }
}

function kibOf(pid: number, field: 'Pss' | 'Rss'): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  return Number(new RegExp(`^${field}: +(\\d+) kB`, 'm').exec(rollup)?.[1])
}

function commandOf(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
}

function descendants(of: number): number[] {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]))
    } catch (error) {
      // It ended while we looked.
      if (!(error instanceof Error && 'code' in error)) throw error
    }
  }
  const found = [of]
  for (const pid of found)
    for (const [child, parent] of parents) if (parent === pid) found.push(child)
  return found.slice(1)
}
