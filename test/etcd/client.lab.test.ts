import { randomUUID } from 'node:crypto'
import { openEtcd } from '../../src/etcd/client.ts'
import { describeStore } from './contract.ts'
import { startEtcd } from './etcd-process.ts'

describeStore('etcd', async () => {
  const etcd = await startEtcd()
  const cluster = randomUUID()
  const access = { endpoints: etcd.endpoints }
  // Opening reads files only, so that a fixture can be synchronous about it.
  const stores = await Promise.all(Array.from({ length: 4 }, () => openEtcd(access, cluster)))
  return {
    open() {
      const store = stores.shift()
      if (!store) throw new Error('the fixture has no more stores')
      return store
    },
    async compact() {
      const status = JSON.parse(await etcd.ctl('endpoint', 'status', '-w', 'json'))
      await etcd.ctl('compact', String(status[0].Status.header.revision))
    },
    shortestLeaseMs: 2_000,
    async close() {
      await Promise.all(stores.map(store => store[Symbol.asyncDispose]()))
      await etcd[Symbol.asyncDispose]()
    },
  }
})
