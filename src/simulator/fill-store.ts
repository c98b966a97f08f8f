// Writes a cluster into the made-up etcd: the same transactions as `yasco apply`, the CDM it begins with, and what `yasco dump` writes.
import { configTransactions } from '../etcd/config-writer.ts'
import { domainValue, encode, homesValue, keys } from '../etcd/layout.ts'
import type { MemoryEtcd } from '../etcd/memory.ts'
import { xmlHash } from '../libvirt/xml/canonical.ts'
import type { ClusterConfig } from '../model/cluster.ts'
import { domainXml } from './domain-xml.ts'
import type { GuestSpec } from './host.ts'

const BEGINNING = '2026-01-01T00:00:00.000Z'

export function fillStore(etcd: MemoryEtcd, config: ClusterConfig): void {
  const applier = { token: 'simulator', by: 'simulator', when: BEGINNING, version: '' }
  for (const transaction of configTransactions([], config, applier)) etcd.commit(transaction)
  const homes: Record<string, string> = {}
  for (const { name, home } of config.vms) if (home !== undefined) homes[name] = home
  const cdm = { homes, by: 'apply', when: BEGINNING, why: 'as the cluster file has it' }
  const write = { put: keys.homes, value: encode(homesValue, cdm) }
  etcd.commit({ if: [], then: [write] })
}

/** The hashes of these guests' XML. */
export function fillRecords(etcd: MemoryEtcd, guests: readonly GuestSpec[]): void {
  for (const guest of guests) {
    const record = { hash: xmlHash(domainXml(guest)), when: BEGINNING, from: 'simulator' }
    const write = { put: keys.domain(guest.name), value: encode(domainValue, record) }
    etcd.commit({ if: [], then: [write] })
  }
}
