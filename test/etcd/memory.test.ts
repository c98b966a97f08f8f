import { MemoryEtcd } from '../../src/etcd/memory.ts'
import { describeStore } from './contract.ts'

describeStore('the in-memory twin', () => {
  const etcd = new MemoryEtcd()
  return Promise.resolve({
    open: () => etcd.connect(),
    compact: () => Promise.resolve(etcd.compact()),
    shortestLeaseMs: 60,
    close: () => Promise.resolve(),
  })
})
