// The rules behind the one word for a VM.
import { describe, expect, test } from 'vitest'
import type { Vm } from '../../src/model/cluster.ts'
import type { HwmState, InstanceState } from '../../src/model/snapshot.ts'
import type { Testimony } from '../../src/cluster/vm-state.ts'
import { findVmState } from '../../src/cluster/vm-state.ts'

const vm: Vm = {
  name: 'v',
  ha: true,
  home: 'a',
  priority: 0,
  resources: {},
  pinned: false,
  desired: 'running',
}
const stopped: Vm = { ...vm, desired: 'stopped' }

/** `a running`, `b paused/migration`, `c down:running` (last seen so), `d refused:running`, `a@50 running` (asked for at 50). */
function says(text: string): Testimony {
  const [, hwm = '', at = '10', hwmState = 'up', state = '', reason = ''] =
    /^(\w+)(?:@(\d+))? (?:(\w+):)?(\w+)(?:\/(.+))?$/.exec(text) ?? []
  const isUp = hwmState === 'up'
  const lastState = state as InstanceState
  const common = { uuid: 'u', persistent: true, autostart: false, seenAt: Number(at) }
  return {
    instance: { ...common, hwm, state: isUp ? lastState : 'unknown', reason },
    lastState,
    hwmState: hwmState as HwmState,
    askedAt: Number(at),
  }
}

interface Case {
  readonly when: readonly string[]
  readonly config?: Vm | null
  readonly homeState?: HwmState
  readonly then: string
  readonly where?: string
}

const cases: readonly Case[] = [
  { when: ['a running'], then: 'running', where: 'a' },
  { when: ['a blocked'], then: 'running', where: 'a' },
  { when: ['a paused/user'], then: 'paused', where: 'a' },
  { when: ['a suspended'], then: 'suspended', where: 'a' },
  { when: ['a shutoff/shutdown'], then: 'stopped', where: 'a' },
  { when: ['a shutoff/crashed'], then: 'crashed', where: 'a' },
  { when: ['a crashed'], then: 'crashed', where: 'a' },
  { when: ['a running', 'b paused/migration'], then: 'migrating', where: 'a' },
  { when: ['a paused/migration', 'b paused/migration'], then: 'migrating' },
  { when: ['a running', 'b paused/user'], then: 'running', where: 'a' },
  { when: ['a running', 'b shutoff/migrated'], then: 'running', where: 'a' },
  { when: ['a down:running'], then: 'waiting', where: 'a' },
  { when: ['a down:running'], config: stopped, then: 'unknown', where: 'a' },
  { when: ['a refused:running'], then: 'unknown', where: 'a' },
  { when: ['a down:running', 'b running'], then: 'running', where: 'b' },
  { when: ['a down:running', 'b shutoff'], then: 'waiting', where: 'a' },
  { when: ['a down:shutoff', 'b shutoff'], then: 'stopped', where: 'b' },
  { when: ['a down:shutoff'], config: stopped, then: 'unknown', where: 'a' },
  // Why it is off was forgotten by a libvirtd that restarted.
  { when: ['a down:shutoff'], then: 'unknown', where: 'a' },
  { when: ['a down:shutoff/destroyed'], then: 'waiting', where: 'a' },
  { when: ['a down:shutoff/crashed'], then: 'waiting', where: 'a' },
  { when: ['a down:shutoff/shutdown'], then: 'stopped', where: 'a' },
  { when: [], homeState: 'up', then: 'absent' },
  { when: [], homeState: 'down', then: 'waiting' },
  { when: [], homeState: 'connecting', then: 'unknown' },
  { when: [], homeState: 'refused', then: 'unknown' },
  { when: [], config: { ...stopped }, homeState: 'down', then: 'unknown' },
  { when: [], then: 'absent' },
]

describe('findVmState', () => {
  for (const { when, config, homeState, then, where } of cases) {
    const name = `${when.join(', ') || `nobody has it, home ${homeState ?? 'none'}`} -> ${then}`
    test(`${name}${config?.desired === 'stopped' ? ' (desired stopped)' : ''}`, () => {
      const found = findVmState(config ?? vm, when.map(says), homeState, undefined)
      expect(found.state).toBe(then)
      expect(found.isDoubtful).toBe(false)
      if (where !== undefined) expect(found.where).toBe(where)
    })
  }

  test('two that run are doubted until both were asked again', () => {
    const both = ['a@10 running', 'b@20 running'].map(says)
    expect(findVmState(vm, both, 'up', undefined)).toMatchObject({
      isDoubtful: true,
      state: 'migrating',
    })
    expect(findVmState(vm, both, 'up', 15).state).toBe('migrating')
    const again = ['a@16 running', 'b@20 running'].map(says)
    expect(findVmState(vm, again, 'up', 15)).toMatchObject({ isDoubtful: false, state: 'double' })
  })

  test('two strangers that share a name are two machines', () => {
    const [one, other] = [says('a running'), says('b running')]
    const stranger = { ...other, instance: { ...other.instance, uuid: 'w' } }
    expect(findVmState(undefined, [one, stranger], undefined, 1).state).toBe('running')
    expect(findVmState(undefined, [one, other], undefined, 1).state).toBe('double')
  })
})
