// A cluster configuration as the fewest writes that make etcd say it, each on condition that nobody changed the same in between.
import type { ClusterConfig } from '../model/cluster.ts'
import {
  applyingValue,
  encode,
  fallbacksValue,
  groupValue,
  hwmValue,
  keys,
  prefixes,
  SCHEMA_VERSION,
  schemaValue,
  settingsValue,
  vmValue,
} from './layout.ts'
import { MAX_REQUEST_BYTES, MAX_TRANSACTION_WRITES } from './limits.ts'
import type { Compare, KeyValue, Transaction, Write } from './store.ts'

/** Who writes, for those who find it half done. */
export interface Applier {
  /** Unlike any other writer's. */
  readonly token: string
  readonly by: string
  /** ISO 8601. */
  readonly when: string
  readonly version: string
}

/**
 * The transactions that turn what lies there (`current`: all keys of a list) into `next`. Mostly one. Where etcd takes no transaction
 * that large, several: `applying` then marks the time between the first and the last, every one of them compares it, and the order
 * is such that nothing refers to what is not there. Empty when nothing differs.
 * Each is refused when a key it writes, the settings or the schema have changed since `current`.
 */
export function configTransactions(
  current: Iterable<KeyValue>,
  next: ClusterConfig,
  applier: Applier,
): readonly Transaction[] {
  const before = new Map(Array.from(current, kv => [kv.key, kv]))
  const writes = [...puts(before, next, applier.version), ...deletes(before, next)]
  const cutOff = before.get(keys.applying)
  if (writes.length === 0)
    return cutOff ? [{ if: [unchanged(before, keys.applying)], then: [remove(keys.applying)] }] : []

  const basis = [keys.schema, keys.settings].map(key => unchanged(before, key))
  const chunks = inChunks(writes)
  const [only] = chunks
  if (chunks.length === 1 && only !== undefined) {
    const free = unchanged(before, keys.applying)
    const end = cutOff ? [remove(keys.applying)] : []
    return [{ if: conditions(before, only, [...basis, free]), then: [...only, ...end] }]
  }
  const { token, by, when } = applier
  const mark = encode(applyingValue, { token, by, when })
  return chunks.map((chunk, index) => {
    const begins = index === 0
    const ends = index === chunks.length - 1
    const mine: Compare = { key: keys.applying, equals: mark }
    const basics = begins ? [...basis, unchanged(before, keys.applying)] : [mine]
    return {
      if: conditions(before, chunk, basics),
      then: [
        ...(begins ? [{ put: keys.applying, value: mark }] : []),
        ...chunk,
        ...(ends ? [remove(keys.applying)] : []),
      ],
    }
  })
}

type Before = ReadonlyMap<string, KeyValue>

/** What others refer to comes first: settings, HWMs, VMs, groups, fallback maps. */
function* puts(before: Before, next: ClusterConfig, writtenBy: string): Generator<Write> {
  const { etcd: _, hwms, vms, groups, fallbacks, ...settings } = next
  if (!before.has(keys.schema)) {
    const value = encode(schemaValue, { version: SCHEMA_VERSION, writtenBy })
    yield { put: keys.schema, value }
  }
  const put = function* (key: string, value: string): Generator<Write> {
    if (before.get(key)?.value !== value) yield { put: key, value }
  }
  const old = (key: string) => before.get(key)
  yield* put(keys.settings, encode(settingsValue, settings, old(keys.settings)))
  for (const { name, ...hwm } of hwms) {
    const key = keys.hwm(name)
    yield* put(key, encode(hwmValue, hwm, old(key)))
  }
  for (const { name, ...vm } of vms) {
    const key = keys.vm(name)
    yield* put(key, encode(vmValue, vm, old(key)))
  }
  for (const { name, ...group } of groups) {
    const key = keys.group(name)
    yield* put(key, encode(groupValue, group, old(key)))
  }
  if (fallbacks.length > 0 || before.has(keys.fallbacks))
    yield* put(keys.fallbacks, encode(fallbacksValue, fallbacks))
}

/** In the opposite order. */
function* deletes(before: Before, next: ClusterConfig): Generator<Write> {
  const stays = new Set([
    ...next.groups.map(({ name }) => keys.group(name)),
    ...next.vms.map(({ name }) => keys.vm(name)),
    ...next.hwms.map(({ name }) => keys.hwm(name)),
  ])
  for (const prefix of [prefixes.groups, prefixes.vms, prefixes.hwms])
    for (const key of before.keys())
      if (key.startsWith(prefix) && !stays.has(key)) yield remove(key)
}

function conditions(
  before: Before,
  writes: readonly Write[],
  basics: readonly Compare[],
): readonly Compare[] {
  const named = new Set(basics.map(({ key }) => key))
  const own = writes.map(keyOf).filter(key => !named.has(key))
  return [...basics, ...own.map(key => unchanged(before, key))]
}

function unchanged(before: Before, key: string): Compare {
  return { key, modified: before.get(key)?.modRevision ?? 0 }
}

function remove(key: string): Write {
  return { delete: key }
}

function keyOf(write: Write): string {
  return 'put' in write ? write.put : write.delete
}

/** Room for the basis, the mark and commit-once's token beside the writes of a chunk. */
const CHUNK_WRITES = MAX_TRANSACTION_WRITES - 8
const CHUNK_BYTES = MAX_REQUEST_BYTES / 2

function inChunks(writes: readonly Write[]): Write[][] {
  const chunks: Write[][] = []
  let bytes = Infinity
  for (const write of writes) {
    const size = 'put' in write ? Buffer.byteLength(write.value) : 0
    const last = chunks.at(-1)
    if (last === undefined || last.length >= CHUNK_WRITES || bytes + size > CHUNK_BYTES) {
      chunks.push([write])
      bytes = size
    } else {
      last.push(write)
      bytes += size
    }
  }
  return chunks
}
