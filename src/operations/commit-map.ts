// Commits a map as the CDM: what the independent checker accepts, and only while the cluster is as it was when the map was made.
import { commitOnce } from '../etcd/commit-once.ts'
import { decode, encode, homesValue, keys, prefixes } from '../etcd/layout.ts'
import type { CallOptions, KeyValue, StateStore } from '../etcd/store.ts'
import { checkPlacement } from '../solver/check/placement.ts'
import type { PlacementMap, Problem } from '../solver/problem.ts'

/** Not committed; nothing was written. `lines` say what is wrong with the map, or what has changed. */
export class MapRefused extends Error {
  override readonly name = 'MapRefused'
  readonly lines: readonly string[]
  constructor(message: string, lines: readonly string[]) {
    super([message, ...lines].join('\n       '))
    this.lines = lines
  }
}

export interface MapCommit {
  readonly problem: Problem
  readonly map: PlacementMap
  /** Revision of the configuration and CDM that the problem was made from. */
  readonly revision: number
  readonly by: string
  readonly why: string
  /** ISO 8601. */
  readonly when: string
}

const LEASE_MS = 30_000
const MOST_LINES = 5

/** The revision it is in etcd at. Throws `MapRefused`, or what `commit` throws. */
export async function commitMap(
  store: StateStore,
  commit: MapCommit,
  options: CallOptions = {},
): Promise<number> {
  const complaints = checkPlacement(commit.problem, commit.map)
  if (complaints.length > 0)
    throw new MapRefused('the map is not valid', complaints.slice(0, MOST_LINES))
  const { kvs } = await store.list('', options)
  const changed = changedSince(kvs, commit)
  if (changed.length > 0)
    throw new MapRefused(
      'the cluster has changed since the map was made: nothing was written; plan again',
      changed.slice(0, MOST_LINES),
    )
  const before = kvs.find(kv => kv.key === keys.homes)
  const settings = kvs.find(kv => kv.key === keys.settings)
  const value = encode(
    homesValue,
    {
      homes: { ...homesIn(before), ...Object.fromEntries(commit.map) },
      by: commit.by,
      when: commit.when,
      why: commit.why,
    },
    before,
  )
  const lease = await store.grantLease(LEASE_MS, options)
  try {
    const outcome = await commitOnce(
      store,
      {
        if: [
          { key: keys.homes, modified: before?.modRevision ?? 0 },
          { key: keys.settings, modified: settings?.modRevision ?? 0 },
        ],
        then: [{ put: keys.homes, value }],
      },
      { ...options, lease },
    )
    if (outcome.committed) return outcome.revision
  } finally {
    // If etcd does not answer now, it goes when it runs out.
    await lease.revoke(options).catch(() => undefined)
  }
  throw new MapRefused(
    'the homes were changed by somebody else in this instant: nothing was written; plan again',
    [],
  )
}

function homesIn(kv: KeyValue | undefined): Readonly<Record<string, string>> {
  if (kv === undefined) return {}
  const read = decode(homesValue, kv)
  if ('bad' in read) throw new MapRefused('the CDM in etcd cannot be read', [read.bad.problem])
  return read.value.homes
}

/** Configured keys that are newer than the problem, and HWMs and VMs that came or went. */
function changedSince(kvs: readonly KeyValue[], { problem, revision }: MapCommit): string[] {
  const lines: string[] = []
  const configured: readonly string[] = [prefixes.hwms, prefixes.vms, prefixes.groups]
  const single: readonly string[] = [keys.settings, keys.fallbacks, keys.homes, keys.applying]
  for (const { key, modRevision } of kvs) {
    const isConfigured = single.includes(key) || configured.some(prefix => key.startsWith(prefix))
    if (isConfigured && modRevision > revision) lines.push(`${key} was written`)
  }
  for (const [prefix, names] of [
    [prefixes.hwms, problem.hwms.map(hwm => hwm.name)],
    [prefixes.vms, problem.vms.map(vm => vm.name)],
  ] as const) {
    const there = new Set(
      kvs.flatMap(({ key }) => (key.startsWith(prefix) ? [key.slice(prefix.length)] : [])),
    )
    for (const name of names) if (!there.has(name)) lines.push(`${prefix}${name} is gone`)
  }
  return lines
}
