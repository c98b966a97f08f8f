// What the engine says of a solve, made up: found on three hosts, with a detour, and not proved best.
import type { Answer, Question } from '../../../src/engine/protocol.ts'
import type { Solved } from '../../../src/model/solved.ts'
import { cluster, console, type Scene } from './story.ts'

const GIB = 2 ** 30
export const SIZES = ['40x10', '80x24', '112x30', '160x50'] as const

export const FOUND: Solved = {
  id: '1',
  answer: 'map',
  why: '',
  bestBy: { objectives: ['fewest-moves'] },
  value: 2,
  bound: 1,
  proved: false,
  hwmsUsed: 3,
  seconds: 1.2,
  verdict: { tolerate: 1, holds: 'yes', largest: 1, largestIsExact: true, because: '' },
  unplaced: [],
  loads: [
    {
      hwm: 'andreys',
      usable: { ram: 20 * GIB },
      before: { ram: 12 * GIB },
      after: { ram: 12 * GIB },
      vmsBefore: 3,
      vmsAfter: 3,
    },
    {
      hwm: 'quark',
      usable: { ram: 28 * GIB },
      before: { ram: 12 * GIB },
      after: {},
      vmsBefore: 2,
      vmsAfter: 0,
    },
    {
      hwm: 'snailin',
      usable: { ram: 28 * GIB },
      before: { ram: 6 * GIB },
      after: { ram: 18 * GIB },
      vmsBefore: 2,
      vmsAfter: 4,
    },
  ],
  moves: [
    { vm: 'win7-vmm2', from: 'quark', to: 'snailin', batch: 1, bounce: false },
    { vm: 'freebsd-vmm2', from: 'quark', to: 'andreys', batch: 1, bounce: true },
    { vm: 'freebsd-vmm2', from: 'andreys', to: 'snailin', batch: 2, bounce: false },
  ],
  leftOut: [],
  order: 'found',
  blocked: [],
  homes: 2,
  changedMaps: ['quark', 'snailin'],
  notes: [],
}

/** The engine answers at once; what is asked of it is kept. */
export const answering =
  (answer: (question: Extract<Question, { ask: 'solve' }>) => Answer) =>
  ({ cluster: scripted }: Scene) => {
    scripted.answers.push(question => (question.ask === 'solve' ? answer(question) : undefined))
  }
export const finding = (change: Partial<Solved> = {}) =>
  answering(() => ({ ok: true, value: { ...FOUND, ...change } }))

export const three = (size = '80x24') => console.at(size).on(cluster('three-hosts'))
