// A cluster on which much could be done: for tests of what keys and lines must not do.
import type { Committed, PlanShown } from '../../src/engine/acting/questions.ts'
import type { Operation } from '../../src/model/operation.ts'
import type { ClusterSnapshot } from '../../src/model/snapshot.ts'
import { cluster, type ClusterSketch, type Scene } from './language/story.ts'

/** How its plans are confirmed: by `y`, by the name of an HWM that is taken for dead, or by those of two. */
type Confirm = 'yes' | 'name' | 'several'

/** A cluster that may be acted on: a dead HWM, a VM away, operations that run, are paused, failed, or were left by their conductor. */
export function troubled(
  confirm: Confirm = 'yes',
  { readOnly = false } = {},
): {
  readonly sketch: ClusterSketch
  readonly script: (scene: Scene) => void
} {
  const { snapshot, ...rest } = cluster('three-hosts')
  const conductors = { '1': { who: 'bert', from: 'admin2' }, '2': { who: 'bert', from: '' } }
  const acting: ClusterSnapshot = {
    ...snapshot,
    readOnly,
    operations: {
      '1': operation('1', 'running'),
      '2': operation('2', 'paused'),
      '3': operation('3', 'running'),
      '4': operation('4', 'partly'),
    },
    conductors,
  }
  const script = ({ cluster: scripted }: Scene) => {
    scripted.kill('quark')
    scripted.move('win7-vmm2', 'snailin')
    scripted.answers.push(question => {
      if (question.ask === 'plan') return { ok: true, value: planOf(confirm) }
      if (question.ask === 'commit') return { ok: true, value: BEGUN }
      return question.ask === 'operation' ? { ok: true, value: 'done' } : undefined
    })
  }
  return { sketch: { ...rest, snapshot: acting }, script }
}

const BEGUN: Committed = { is: 'begun', operation: '5' }

function operation(id: string, state: Operation['state']): Operation {
  return {
    id,
    kind: 'evacuate',
    subject: 'andreys',
    by: 'bert',
    from: 'admin2',
    why: '',
    createdAt: '2026-11-22T21:10:00Z',
    state,
    limits: { parallelPerHwm: 2, parallel: 16, waitMs: 1, shutdownMs: 1, tries: 3 },
    steps: [
      {
        id: 0,
        vm: 'test',
        method: 'live',
        from: 'snailin',
        targets: ['quark'],
        target: 0,
        keepPaused: false,
        after: [],
        state: state === 'partly' ? 'failed' : 'queued',
        phase: '',
        tries: {},
        error: state === 'partly' ? 'no room' : '',
        note: '',
      },
    ],
  }
}

export function planOf(confirm: Confirm): PlanShown {
  const dead = { yes: [], name: ['quark'], several: ['quark', 'andreys'] }[confirm]
  return {
    id: '1',
    request: { do: 'evacuate', hwm: 'quark', cold: false },
    choices: {},
    parallel: 2,
    estimate: {
      totalMs: 4_000,
      moves: [{ takesMs: 4_000, downMs: undefined }],
      rate: 1e8,
      copies: 0,
    },
    off: dead.map(hwm => ({ hwm, proved: undefined, devices: ['redfish 10.0.1.1'] })),
    after: undefined,
    madeAt: 1_000_000,
    plan: {
      kind: 'evacuate',
      subject: 'quark',
      sentence: 'Evacuate quark: 1 VM restarts elsewhere',
      moves: [
        {
          vm: 'win7-vmm2',
          kind: 'havm',
          method: 'restart',
          from: 'quark',
          targets: ['snailin', 'andreys'],
          why: 'most room',
          interrupts: true,
          after: [],
          bounce: false,
          keepPaused: false,
        },
      ],
      unplaced: [],
      staying: [],
      loads: [],
      mustBeOff: dead,
      confirm: confirm === 'yes' ? 'yes' : 'name',
      notes: [],
      cordon: undefined,
      basis: { revision: 1, hwms: {}, vms: {} },
    },
  }
}
