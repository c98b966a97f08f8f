// The pictures of README and docs: the real console and the real engine on a made-up cluster and made-up time, so that the same program
// always draws the same picture.
import { duplexPair } from 'node:stream'
import { observe } from '../../src/cluster/observe.ts'
import { Engine } from '../../src/engine/engine.ts'
import { domainXml } from '../../src/simulator/domain-xml.ts'
import { actOn } from '../../src/simulator/lines.ts'
import { sized, threeHosts } from '../../src/simulator/made-up.ts'
import { Simulation } from '../../src/simulator/simulation.ts'
import { VirtualClock } from '../../src/simulator/virtual-clock.ts'
import { InProcess } from '../console/language/in-process.ts'
import { bytesOf } from '../console/language/keys.ts'
import { Terminal } from '../console/language/terminal.ts'
import { svgOf } from './svg.ts'

export interface Picture {
  /** Of its file, without `.svg`. */
  readonly name: string
  readonly title: string
  readonly size: readonly [columns: number, rows: number]
  /** HWMs and VMs; absent: the three hosts of the demo. */
  readonly cluster?: readonly [hwms: number, vms: number]
  /** In their order: `: kill quark` is said to the simulator, `5 s` passes, all else is pressed. */
  readonly story: readonly string[]
  /** What must be read on it. */
  readonly words: readonly (string | RegExp)[]
}

const KILLED = [
  ': kill quark',
  '8 s',
  ': start win7-vmm2 snailin',
  '3 s',
  ': start freebsd-vmm2 snailin',
  '12 s',
]

export const PICTURES: readonly Picture[] = [
  {
    name: 'hwm-dead',
    title: 'The console: one host dead, two of its VMs restarted elsewhere, one waiting',
    size: [120, 20],
    story: [...KILLED, 'j', 'j'],
    words: [/quark +DOWN/, 'HWM 3 up 2 DOWN 1', 'away 2', 'waiting 1', 'VM on snailin'],
  },
  {
    name: 'vm',
    title: 'All VMs with their state, their home, and where they run',
    size: [120, 20],
    story: [...KILLED, '2'],
    words: [/win7-vmm2 +HAVM +▲ running +snailin +away quark/, 'ceph1'],
  },
  {
    name: 'hwm-sixty',
    title: 'Sixty HWMs with 600 VMs, filtered',
    size: [120, 30],
    cluster: [60, 600],
    story: [': kill r1-n07', '15 s', '/', 'r', '1', '-', 'enter'],
    words: ['HWM 60 up 59 DOWN 1', /r1-n07 +DOWN/, '20 of 60'],
  },
  {
    name: 'log',
    title: 'The log: who did what, when, from where and why',
    size: [120, 20],
    story: [...KILLED, ': rescue quark', '60 s', '6'],
    words: ['quark does not answer', 'quark answers again'],
  },
]

const BEGINNING = Date.UTC(2026, 10, 22, 3, 10)
/** Until every HWM was reached and the trends have something to show. */
const BEFORE_MS = 180_000
/** Engine and console gather news and keys for a moment: so often, so long. */
const SETTLING_ROUNDS = 3
const SETTLING_MS = 70

/** Draws it; gives the SVG, and the screen as text. */
export async function draw(picture: Picture): Promise<{ svg: string; text: string }> {
  const [columns, rows] = picture.size
  const cluster = picture.cluster ? sized(...picture.cluster, 1) : threeHosts()
  const clock = new VirtualClock()
  const simulation = new Simulation({ cluster, clock, seed: 1 })
  await using observation = observe({
    cluster: cluster.config.cluster,
    store: simulation.connectStore(),
    etcd: cluster.config.etcd,
    open: simulation.open,
    readOnly: true,
    clock,
    wall: () => BEGINNING + clock.now(),
    random: () => 0.5,
  })
  await clock.advance(BEFORE_MS)
  await using engine = new Engine({
    observation,
    version: 'picture',
    simulate: line => actOn(simulation, line),
    storedXml: vm => {
      const guest = simulation.guests.get(vm)
      return Promise.resolve(guest && domainXml(guest))
    },
  })
  const connect = () => {
    const [near, far] = duplexPair()
    engine.attach(far)
    return near
  }
  const program = new InProcess(
    { connect },
    // Time is the picture's own: it must not depend on how many turns the program takes.
    { now: () => clock.now(), after: (ms, run) => clock.after(ms, run), runNext: () => false },
    { columns, rows },
    { env: { TERM: 'xterm-256color', LANG: 'C.UTF-8' }, today: () => '2026-11-22' },
  )
  const terminal = new Terminal(program, columns, rows)
  const pass = async (ms: number) => {
    await clock.advance(ms)
    for (let round = 0; round < SETTLING_ROUNDS; round++) {
      await program.quiet()
      await clock.advance(SETTLING_MS)
    }
  }
  try {
    await pass(0)
    for (const step of picture.story) {
      const time = /^(\d+) s$/.exec(step)
      if (step.startsWith(': ')) actOn(simulation, step.slice(2))
      else if (!time) program.input(bytesOf(step))
      await pass(time ? Number(time[1]) * 1000 : 0)
    }
    await terminal.read()
    return { svg: svgOf(terminal, picture.title), text: terminal.text() }
  } finally {
    await terminal.close()
    terminal.dispose()
  }
}
