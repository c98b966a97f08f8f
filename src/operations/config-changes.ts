// What an operation changes of the configuration, as part of the transaction that commits it.
import { encode, homesValue, hwmValue, keys, vmValue } from '../etcd/layout.ts'
import type { Compare, KeyValue, StateStore, Write } from '../etcd/store.ts'
import { CALL_MS, LedgerRefused, read } from './ledger-values.ts'

/** What an operation changes of the configuration, by name. */
export interface ConfigChanges {
  readonly desired?: Readonly<Record<string, 'running' | 'stopped'>>
  readonly maintenance?: Readonly<Record<string, boolean>>
  /** New homes of these VMs: the CDM as a plan made it. */
  readonly homes?: {
    readonly of: Readonly<Record<string, string>>
    readonly why: string
  }
}

interface Writer {
  readonly store: StateStore
  /** Recorded beside homes that change. */
  readonly who: string
}

/** Adds to a transaction what changes of the configuration, compared with what is read now. Throws `LedgerRefused` where there is no such VM or HWM. */
export async function changeConfig(
  { store, who }: Writer,
  { desired, maintenance, homes }: ConfigChanges,
  compares: Compare[],
  writes: Write[],
): Promise<void> {
  for (const [vm, wish] of Object.entries(desired ?? {})) {
    const kv = await configured(store, keys.vm(vm), `VM ${vm}`)
    compares.push({ key: kv.key, modified: kv.modRevision })
    writes.push({
      put: kv.key,
      value: encode(vmValue, { ...read(vmValue, kv), desired: wish }, kv),
    })
  }
  for (const [hwm, on] of Object.entries(maintenance ?? {})) {
    const kv = await configured(store, keys.hwm(hwm), `HWM ${hwm}`)
    compares.push({ key: kv.key, modified: kv.modRevision })
    writes.push({
      put: kv.key,
      value: encode(hwmValue, { ...read(hwmValue, kv), maintenance: on }, kv),
    })
  }
  if (homes !== undefined) await changeHomes({ store, who }, homes, compares, writes)
}

async function changeHomes(
  { store, who }: Writer,
  { of, why }: NonNullable<ConfigChanges['homes']>,
  compares: Compare[],
  writes: Write[],
): Promise<void> {
  const kv = await store.get(keys.homes, { timeoutMs: CALL_MS })
  const homes = { ...(kv && read(homesValue, kv).homes), ...of }
  const when = new Date().toISOString()
  compares.push({ key: keys.homes, modified: kv?.modRevision ?? 0 })
  writes.push({
    put: keys.homes,
    value: encode(homesValue, { homes, by: who, when, why }, kv),
  })
}

async function configured(store: StateStore, key: string, what: string): Promise<KeyValue> {
  const kv = await store.get(key, { timeoutMs: CALL_MS })
  if (kv === undefined) throw new LedgerRefused(`there is no ${what} in the cluster`)
  return kv
}
