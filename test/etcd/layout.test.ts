import { describe, expect, it } from 'vitest'
import {
  agentValue,
  decode,
  domainValue,
  encode,
  fallbackMapValue,
  fenceValue,
  keys,
  leaderValue,
  nodeValue,
  operationValue,
  permitValue,
  prefixes,
  statusValue,
} from '../../src/etcd/layout.ts'
import type { Operation } from '../../src/model/operation.ts'

const operation: Operation = {
  id: '1',
  kind: 'evacuate',
  subject: 'quark',
  by: 'ann',
  from: '10.0.0.1',
  why: 'fan',
  createdAt: '2026-11-22T00:00:00.000Z',
  state: 'running',
  limits: { parallelPerHwm: 2, parallel: 16, waitMs: 1, shutdownMs: 1, tries: 3 },
  steps: [
    {
      id: 1,
      vm: 'test',
      method: 'live',
      from: 'quark',
      targets: ['snailin'],
      target: 0,
      keepPaused: false,
      after: [],
      state: 'queued',
      phase: '',
      progress: { done: 1, total: 2, rate: 3 },
      tries: { migrate: 1 },
      error: '',
      note: '',
    },
  ],
}

const proof = { kind: 'off-read-back', id: 'p1', when: '' }
const samples = [
  [nodeValue, { bootId: 'b', epoch: 1, counter: 2, version: '0.1.0' }],
  [agentValue, { owner: 'daemon', who: 'quark', from: '', since: '', version: '' }],
  [fenceValue, { epoch: 2, by: 'snailin', when: '', why: 'silent', proof }],
  [permitValue, { node: 'quark', epoch: 1, phase: '', proof }],
  [leaderValue, { node: 'quark', since: '', version: '' }],
  [domainValue, { hash: 'a'.repeat(64), xml: '<domain/>', when: '', from: 'quark' }],
  [
    statusValue,
    { bootId: 'b', epoch: 1, when: '', domains: { test: { uuid: 'u', state: 'running', pid: 3 } } },
  ],
  [
    fallbackMapValue,
    {
      failed: ['quark'],
      map: { test: 'b' },
      unplaced: [],
      from: { config: 3, homes: 4 },
      inputs: 'f00d',
      when: '',
    },
  ],
] as const

describe('values in etcd', () => {
  it('are the same after they were written and read', () => {
    for (const [schema, sample] of samples) {
      const value = JSON.stringify(sample)
      expect(decode(schema, { key: 'k', value })).toEqual({ value: sample })
      const fromTheFuture = JSON.stringify({ ...sample, mood: 'sunny' })
      expect(decode(schema, { key: 'k', value: fromTheFuture })).toEqual({ value: sample })
    }
  })

  it('hold an operation with its steps', () => {
    const value = encode(operationValue, operation)
    expect(decode(operationValue, { key: 'operations/1', value })).toEqual({ value: operation })
  })

  it('are never written where they could not be read', () => {
    expect(() => encode(permitValue, { node: '', epoch: 1 })).toThrow(/node/)
    expect(() => encode(permitValue, { node: 'quark', epoch: -1 })).toThrow(/epoch/)
  })

  it('lie under the prefixes that are watched', () => {
    expect(keys.fallbackMap(['snailin', 'andreys'])).toBe('maps/fallback/andreys+snailin')
    const made = [
      [keys.hwm('a'), prefixes.hwms],
      [keys.vm('a'), prefixes.vms],
      [keys.group('a'), prefixes.groups],
      [keys.homes, prefixes.maps],
      [keys.node('a'), prefixes.nodes],
      [keys.agent('a'), prefixes.agents],
      [keys.fence('a'), prefixes.fences],
      [keys.status('a'), prefixes.status],
      [keys.permit('a'), prefixes.permits],
      [keys.operation('a'), prefixes.operations],
      [keys.event('a'), prefixes.events],
      [keys.domain('a'), prefixes.domains],
      [keys.write('a'), prefixes.writes],
    ] as const
    for (const [key, prefix] of made) expect(key.startsWith(prefix)).toBe(true)
  })
})
