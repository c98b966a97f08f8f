import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applyConfig } from '../../src/etcd/apply-config.ts'
import { ConfigReader, readConfig } from '../../src/etcd/config-reader.ts'
import { configTransactions } from '../../src/etcd/config-writer.ts'
import { encode, homesValue, keys, SCHEMA_VERSION } from '../../src/etcd/layout.ts'
import { MAX_TRANSACTION_WRITES } from '../../src/etcd/limits.ts'
import { MemoryEtcd } from '../../src/etcd/memory.ts'
import type { StateStore } from '../../src/etcd/store.ts'
import type { ClusterConfig } from '../../src/model/cluster.ts'
import { config, ETCD, largeConfig } from './configs.ts'
import { put } from './contract.ts'

const who = { token: 't', by: 'ann', when: '2026-11-22', version: '0.1.0' }
const as = { version: '0.1.0', by: 'ann' }

async function apply(store: StateStore, next: ClusterConfig) {
  return applyConfig(store, await store.list(''), next, as)
}

async function stored(store: StateStore) {
  return readConfig((await store.list('')).kvs, ETCD)
}

describe('the configuration in etcd', () => {
  it('is nothing where none was applied', async () => {
    const nothing = { config: undefined, homes: undefined, badValues: [], refused: undefined }
    expect(await stored(new MemoryEtcd().connect())).toEqual(nothing)
  })

  it('reads back as it was applied, whatever lay there before', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(config, { minLength: 1, maxLength: 4 }), async configs => {
        const store = new MemoryEtcd().connect()
        for (const next of configs) {
          expect(await apply(store, next)).toMatchObject({ applied: true })
          expect(await stored(store)).toMatchObject({ config: next, badValues: [] })
          const { kvs } = await store.list('')
          expect(configTransactions(kvs, next, who)).toEqual([])
          expect(kvs.some(({ key }) => key.startsWith('writes/'))).toBe(false)
        }
      }),
      { numRuns: 100 },
    )
  })

  it('is changed by no more writes than there are differences', async () => {
    const store = new MemoryEtcd().connect()
    const before = largeConfig(20)
    await apply(store, before)
    const vms = before.vms.slice(1).map((vm, i) => (i === 3 ? { ...vm, priority: 7 } : vm))
    const { kvs } = await store.list('')
    const transactions = configTransactions(kvs, { ...before, vms }, who)
    expect(transactions).toHaveLength(1)
    expect(transactions[0]?.then.map(w => ('put' in w ? w.put : w.delete))).toEqual([
      'vms/vm-00004',
      'vms/vm-00000',
    ])
  })

  it('is refused when somebody changed the same in between, and touches nothing', async () => {
    const store = new MemoryEtcd().connect()
    await apply(store, largeConfig(3))
    const current = await store.list('')
    await apply(store, largeConfig(3, { priority: 1 }))
    const refused = await applyConfig(store, current, largeConfig(3, { priority: 2 }), as)
    expect(refused).toMatchObject({ applied: false, done: 0, total: 1 })
    expect((await stored(store)).config?.vms.every(vm => vm.priority === 1)).toBe(true)
  })

  it('is written once, although answers are lost', async () => {
    const store = new MemoryEtcd().connect()
    const seen: number[] = []
    using _ = store.watch(keys.settings, 1, {
      changes: (_changes, revision) => seen.push(revision),
      end: () => undefined,
    })
    const current = await store.list('')
    store.repliesToLose = 3
    expect(await applyConfig(store, current, largeConfig(3), as)).toMatchObject({ applied: true })
    expect(seen).toHaveLength(1)
    expect(await stored(store)).toMatchObject({ config: largeConfig(3) })
  })
})

describe('a configuration of more keys than one transaction takes', () => {
  it('is marked while it is written, and the mark is gone at its end', async () => {
    const store = new MemoryEtcd().connect()
    const transactions = configTransactions([], largeConfig(1_000), who)
    expect(transactions.length).toBeGreaterThan(8)
    for (const [i, transaction] of transactions.entries()) {
      const { if: compares, then: writes } = transaction
      expect(Math.max(compares.length, writes.length)).toBeLessThanOrEqual(MAX_TRANSACTION_WRITES)
      expect(await store.commit(transaction)).toMatchObject({ committed: true })
      const { badValues } = await stored(store)
      if (i === transactions.length - 1) expect(badValues).toEqual([])
      else expect(badValues).toMatchObject([{ key: 'applying', problem: /ann is applying/ }])
    }
    expect((await stored(store)).config).toEqual(largeConfig(1_000))
  })

  it('can be applied again after it was cut off, and the first cannot go on then', async () => {
    const store = new MemoryEtcd().connect()
    const [first, second] = configTransactions([], largeConfig(300), who)
    if (!first || !second) throw new Error('not of several transactions')
    await store.commit(first)
    expect(await apply(store, largeConfig(310))).toMatchObject({ applied: true })
    expect(await store.commit(second)).toMatchObject({ committed: false })
    expect(await stored(store)).toMatchObject({ config: largeConfig(310), badValues: [] })
  })

  it('lets go of the mark when what was cut off had only that left to do', async () => {
    const store = new MemoryEtcd().connect()
    await apply(store, largeConfig(3))
    await put(store, 'applying', JSON.stringify({ token: 't', by: 'ann', when: '' }))
    expect((await stored(store)).badValues).toHaveLength(1)
    expect(await apply(store, largeConfig(3))).toMatchObject({ applied: true, transactions: 1 })
    expect((await stored(store)).badValues).toEqual([])
  })
})

describe('values this program did not write', () => {
  it.each([
    ['vms/vm-00001', '{"ha": "yes"}', /ha: /],
    ['vms/vm-00001', 'no JSON', /not JSON/],
    ['hwms/b', '{"libvirt": "x", "capacity": {"ram": -1}}', /capacity\.ram: /],
    ['groups/web', '[]', /expected object/],
    ['fallbacks', '{}', /expected array/],
    ['maps/home', '{"homes": 3}', /homes: /],
    ['schema', '{"version": "one"}', /version: /],
  ])('names %s = %s, and goes on with the rest', async (key, value, problem) => {
    const store = new MemoryEtcd().connect()
    await apply(store, largeConfig(3))
    await put(store, key, value)
    const { config: read, badValues } = await stored(store)
    expect(badValues).toEqual([{ key, problem: expect.stringMatching(problem) }])
    const { vms, hwms } = largeConfig(3)
    expect(read?.vms).toEqual(vms.filter(({ name }) => key !== keys.vm(name)))
    expect(read?.hwms).toEqual(hwms.filter(({ name }) => key !== keys.hwm(name)))
  })

  it('has no configuration where the settings cannot be read', async () => {
    const store = new MemoryEtcd().connect()
    await apply(store, largeConfig(3))
    await put(store, 'settings', '{}')
    const { config: read, badValues } = await stored(store)
    expect(read).toBeUndefined()
    expect(badValues).toMatchObject([{ key: 'settings' }])
  })

  it('keeps the fields of a newer program, and reads what an older one left out', async () => {
    const store = new MemoryEtcd().connect()
    await apply(store, largeConfig(1))
    await put(store, 'vms/vm-00000', '{"ha":true,"mood":"sunny"}')
    expect((await stored(store)).config?.vms).toEqual(largeConfig(1).vms)
    await apply(store, largeConfig(1, { priority: 5 }))
    const kept = JSON.parse((await store.get('vms/vm-00000'))?.value ?? '')
    expect(kept).toMatchObject({ mood: 'sunny', priority: 5 })
  })

  it.each([-1, 0, 1])('works with a schema %i away', async distance => {
    const store = new MemoryEtcd().connect()
    await apply(store, largeConfig(1))
    await put(store, 'schema', JSON.stringify({ version: SCHEMA_VERSION + distance }))
    expect(await stored(store)).toMatchObject({ config: largeConfig(1), badValues: [] })
  })

  it('refuses a schema two versions newer, and says what to do', async () => {
    const store = new MemoryEtcd().connect()
    await apply(store, largeConfig(1))
    await put(store, 'schema', JSON.stringify({ version: SCHEMA_VERSION + 2 }))
    const { config: read, refused } = await stored(store)
    expect(read).toBeUndefined()
    expect(refused?.message).toMatch(/of version 3; .* use a newer yasco/)
  })
})

describe('reading again and again', () => {
  it('gives the same as reading afresh, and the same arrays where nothing changed', async () => {
    const store = new MemoryEtcd().connect()
    const reader = new ConfigReader(ETCD)
    const contents = async () => new Map((await store.list('')).kvs.map(kv => [kv.key, kv]))
    await apply(store, largeConfig(50))
    const first = reader.read(await contents())
    await put(store, 'nodes/a', '{}')
    const same = reader.read(await contents())
    expect(same.config?.vms).toBe(first.config?.vms)
    expect(same.config?.hwms).toBe(first.config?.hwms)
    const homes = { homes: { 'vm-00000': 'a' }, by: 'ann', when: '', why: '' }
    await put(store, keys.homes, encode(homesValue, homes))
    await apply(store, largeConfig(49, { priority: 3 }))
    const changed = reader.read(await contents())
    expect(changed.homes).toEqual(homes)
    expect(changed.config).toEqual(largeConfig(49, { priority: 3 }))
    expect(changed.config?.hwms).toBe(first.config?.hwms)
  })

  it('is right after any sequence of configurations', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(config, { maxLength: 6 }), async configs => {
        const store = new MemoryEtcd().connect()
        const reader = new ConfigReader(ETCD)
        for (const next of configs) {
          await apply(store, next)
          const { kvs } = await store.list('')
          const read = reader.read(new Map(kvs.map(kv => [kv.key, kv])))
          expect(read).toEqual(readConfig(kvs, ETCD))
        }
      }),
      { numRuns: 50 },
    )
  })
})
