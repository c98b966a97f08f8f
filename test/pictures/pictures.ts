// The pictures of README and docs: the real console and the real engine on a made-up cluster and made-up time, so that the same program
// always draws the same picture.
import { duplexPair } from 'node:stream'
import { observe } from '../../src/cluster/observe.ts'
import { Engine } from '../../src/engine/engine.ts'
import { actsInSimulation } from '../../src/simulator/acts.ts'
import { domainXml } from '../../src/simulator/domain-xml.ts'
import { actOn } from '../../src/simulator/lines.ts'

import { sized, threeHosts } from '../../src/simulator/made-up.ts'
import { Simulation } from '../../src/simulator/simulation.ts'
import { VirtualClock } from '../../src/simulator/virtual-clock.ts'
import { InProcess } from '../console/language/in-process.ts'
import { bytesOf } from '../console/language/keys.ts'
import { Terminal } from '../console/language/terminal.ts'
import { SceneWorkers } from '../../src/engine/preview/scene-workers.ts'
import { NearWorker } from '../engine/preview/near-worker.ts'
import { svgOf } from './svg.ts'

export interface Picture {
  /** Of its file, without `.svg`. */
  readonly name: string
  readonly title: string
  readonly size: readonly [columns: number, rows: number]
  /** HWMs and VMs; absent: the three hosts of the demo. */
  readonly cluster?: readonly [hwms: number, vms: number]
  /** In their order: `: kill quark` is said to the simulator, `5 s` passes, `type quark` is typed, all else is a key. */
  readonly story: readonly string[]
  /** What must be read on it. */
  readonly words: readonly (string | RegExp)[]
}

const DEAD = [': kill quark', '10 s', 'g']
/** The plan of its evacuation, on to its confirmation: how it was verified that it is off, and its name in full. */
const EVACUATED = [
  ...DEAD,
  'E',
  '1 s',
  'enter',
  '1 s',
  'w',
  '1 s',
  'type cable pulled',
  'enter',
  '1 s',
  'type quark',
  'enter',
  '10 s',
]
const HOMECOMING = [
  ...EVACUATED,
  'esc',
  ': rescue quark',
  '60 s',
  'H',
  '1 s',
  'enter',
  '1 s',
  'y',
  '9 s',
]

export const PICTURES: readonly Picture[] = [
  {
    name: 'hwm-dead',
    title:
      'The console: one host dead, its VMs waiting, and why one more failure could not be survived',
    size: [120, 20],
    story: DEAD,
    words: [/quark +DOWN/, 'HWM 3 up 2 DOWN 1', 'waiting 3', 'VM on quark', 'TOLERATES 1: NO'],
  },
  {
    name: 'evacuation-plan',
    title: 'What E shows before anything is done: the plan of an evacuation',
    size: [120, 26],
    story: [...DEAD, 'E', '1 s'],
    words: ['Evacuate quark', /win7-vmm2 +HAVM +restart +quark → snailin/],
  },
  {
    name: 'homecoming',
    title: 'VMs come home while they run: an operation with its steps',
    size: [120, 20],
    story: HOMECOMING,
    words: ['Operation 2', 'homecoming', /win7-vmm2|freebsd-vmm2/],
  },
  {
    name: 'fallback',
    title: 'Failure sets, the worst first, and where each HAVM would restart',
    size: [120, 20],
    story: ['4', '1 s'],
    words: ['IF THESE FAIL', 'covered', 'LOAD AFTER'],
  },
  {
    name: 'place',
    title: 'The CDM as a picture: HWMs filled with their VMs, and what is kept free for fallback',
    size: [120, 24],
    story: ['3', '1 s', 'l', 'j'],
    words: ['kept for fallback', /win7-vmm2 +HAVM/, 'restarts'],
  },
  {
    name: 'plan',
    title: 'A new placement: what it is worth, whether X holds, its moves, one of them left out',
    size: [120, 26],
    story: ['P', '1 s', 'o', '2 s', 'j', 'space', '1 s'],
    words: ['[balance]', 'TOLERATES 1: yes', 'LEFT OUT  1', 'BEFORE AND AFTER'],
  },
  {
    name: 'hwm-forty',
    title: 'Forty HWMs with 240 VMs, filtered',
    size: [120, 30],
    cluster: [40, 240],
    story: [': kill r1-n07', '15 s', '/', 'type r1-', 'enter'],
    words: ['HWM 40 up 39 DOWN 1', /r1-n07 +DOWN/, '20 of 40'],
  },
  {
    name: 'log',
    title: 'The log: who did what, when, from where and why',
    size: [120, 26],
    story: [...HOMECOMING, '60 s', '6'],
    words: ['quark does not answer', 'quark answers again', /anna|admin1/],
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
    readOnly: false,
    clock,
    wall: () => BEGINNING + clock.now(),
    random: () => 0.5,
  })
  const wall = () => BEGINNING + clock.now()
  const identity = { who: 'anna', from: 'admin1', version: 'picture' }
  // The solver's time goes by what it does, so that limits end the same search at the same place.
  let looks = 0
  const hire = () => new NearWorker(() => (looks += 20))
  const worker = () => hire().scene
  simulation.dump()
  const acting = actsInSimulation(simulation, observation, identity, wall)
  await using engine = new Engine({
    observation,
    version: 'picture',
    acting,
    foresight: {
      clock,
      store: simulation.connectStore(),
      writes: true,
      wall,
      workers: new SceneWorkers({ judge: worker(), answer: worker() }),
      hire,
    },
    simulate: line => actOn(simulation, line),
    storedXml: vm => {
      const guest = simulation.guests.get(vm)
      return Promise.resolve(guest && domainXml(guest))
    },
  })
  await clock.advance(BEFORE_MS)
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
    { env: { TERM: 'xterm-256color', LANG: 'C.UTF-8' }, today: () => '2026-11-22', wall },
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
      else if (step.startsWith('type ')) program.input(step.slice(5))
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
