import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { commitOnce } from '../../src/etcd/commit-once.ts'
import { MemoryEtcd } from '../../src/etcd/memory.ts'
import { Ambiguous, type Outcome } from '../../src/etcd/store.ts'
import { VirtualClock } from '../../src/simulator/virtual-clock.ts'
import { put } from './contract.ts'

describe('a write done exactly once', () => {
  it('reports a refusal as it is', async () => {
    const store = new MemoryEtcd().connect()
    const lease = await store.grantLease(10_000)
    await put(store, 'a', '1')
    const transaction = { if: [{ key: 'a', created: 0 }], then: [{ put: 'a', value: '2' }] }
    const outcome = await commitOnce(store, transaction, { lease })
    expect(outcome).toMatchObject({ committed: false, found: [{ key: 'a', value: '1' }] })
  })

  it('stays Ambiguous when etcd does not come back', async () => {
    const clock = new VirtualClock()
    const store = new MemoryEtcd({ clock }).connect()
    const lease = await store.grantLease(600_000)
    store.line = 'silent'
    const transaction = { if: [], then: [{ put: 'a', value: '1' }] }
    const failed = commitOnce(store, transaction, { lease, clock, settleMs: 5_000 }).catch(
      (error: unknown) => error,
    )
    await clock.advance(30_000)
    expect(await failed).toBeInstanceOf(Ambiguous)
  })

  it('tells the truth, however the line behaves meanwhile', async () => {
    const step = fc.record({
      line: fc.constantFrom('up', 'cut', 'silent' as const),
      lose: fc.nat(2),
      ms: fc.integer({ min: 10, max: 2_000 }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step), fc.nat(100), async (steps, latencyMs) => {
        const clock = new VirtualClock()
        const etcd = new MemoryEtcd({ clock })
        const [store, other] = [etcd.connect(), etcd.connect()]
        let writes = 0
        other.watch('a', 1, {
          changes: changes => {
            writes += changes.length
          },
          end: () => undefined,
        })
        const lease = await store.grantLease(3_600_000)
        store.latencyMs = latencyMs
        let result: Outcome | Error | undefined
        commitOnce(
          store,
          { if: [{ key: 'a', created: 0 }], then: [{ put: 'a', value: 'mine' }] },
          { lease, clock, settleMs: 60_000, timeoutMs: 500 },
        ).then(
          outcome => (result = outcome),
          (error: Error) => (result = error),
        )
        for (const { line, lose, ms } of steps) {
          store.line = line
          store.repliesToLose = lose
          await clock.advance(ms)
        }
        store.line = 'up'
        store.repliesToLose = 0
        await clock.advance(120_000)
        const kv = etcd.get('a')
        expect(result).toBeDefined()
        if (result instanceof Error) expect(kv).toBeUndefined()
        else expect(result).toEqual({ committed: true, revision: kv?.createRevision })
        expect(writes).toBe(kv ? 1 : 0)
      }),
      { numRuns: 200 },
    )
  })
})
