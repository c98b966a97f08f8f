// A domain store in etcd, for clusters without a shared folder; and the hashes, which lie in etcd for every domain store.
import { decode, domainValue, encode, keys, prefixes } from '../etcd/layout.ts'
import type { StateStore } from '../etcd/store.ts'
import { xmlHash } from '../libvirt/xml/canonical.ts'
import { type CallOptions, DomainStoreFailed, type DomainStore } from './store.ts'

/** What etcd says of a VM's XML. */
export interface DomainRecord {
  /** SHA-256 of its canonical form, in hex. */
  readonly hash: string
  /** Only where etcd is the domain store. */
  readonly xml?: string | undefined
  /** ISO 8601. */
  readonly when: string
  /** The HWM it was read from. */
  readonly from: string
}

/** The record of one VM, or undefined. Throws `DomainStoreFailed` when it cannot be read. */
export async function readRecord(
  store: StateStore,
  vm: string,
  options?: CallOptions,
): Promise<DomainRecord | undefined> {
  const kv = await store.get(keys.domain(vm), options)
  if (!kv) return undefined
  const read = decode(domainValue, kv)
  if ('bad' in read) throw new DomainStoreFailed('etcd', `reading ${vm}`, read.bad.problem)
  return read.value
}

/** All records by VM; those that cannot be read are left out: a dump writes them anew. */
export async function listRecords(
  store: StateStore,
  options?: CallOptions,
): Promise<ReadonlyMap<string, DomainRecord>> {
  const { kvs } = await store.list(prefixes.domains, options)
  const records = new Map<string, DomainRecord>()
  for (const kv of kvs) {
    const read = decode(domainValue, kv)
    if ('value' in read) records.set(kv.key.slice(prefixes.domains.length), read.value)
  }
  return records
}

/** Puts a record in place of what was there. */
export async function writeRecord(
  store: StateStore,
  vm: string,
  record: DomainRecord,
  options?: CallOptions,
): Promise<void> {
  const { hash, xml, when, from } = record
  const value = encode(domainValue, { hash, when, from, ...(xml !== undefined && { xml }) })
  await store.commit({ if: [], then: [{ put: keys.domain(vm), value }] }, options)
}

export class EtcdDomainStore implements DomainStore {
  readonly name = 'etcd'
  readonly #store: StateStore
  readonly #from: string

  /** `from`: what its records name as their source. */
  constructor(store: StateStore, from: string) {
    this.#store = store
    this.#from = from
  }

  async list(options?: CallOptions): Promise<readonly string[]> {
    const records = await listRecords(this.#store, options)
    return [...records].flatMap(([vm, { xml }]) => (xml === undefined ? [] : [vm])).toSorted()
  }

  async read(vm: string, options?: CallOptions): Promise<string | undefined> {
    const record = await readRecord(this.#store, vm, options)
    return record?.xml
  }

  async readMany(
    vms: readonly string[],
    options?: CallOptions,
  ): Promise<ReadonlyMap<string, string>> {
    const records = await listRecords(this.#store, options)
    const found = new Map<string, string>()
    for (const vm of vms) {
      const xml = records.get(vm)?.xml
      if (xml !== undefined) found.set(vm, xml)
    }
    return found
  }

  async write(vm: string, xml: string, options?: CallOptions): Promise<void> {
    const record = { hash: xmlHash(xml), xml, when: new Date().toISOString(), from: this.#from }
    await writeRecord(this.#store, vm, record, options)
  }
}
