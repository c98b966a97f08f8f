// From one snapshot to the next, as small as structure sharing lets it be: what is the same object is not sent again.
import type { ClusterEvent, ClusterSnapshot } from '../model/snapshot.ts'
import { EVENTS_KEPT } from '../model/snapshot.ts'
import { changedEntries, mergeEntries } from './entries.ts'
import { applyPreviewPatch, diffPreview } from './preview/preview-patch.ts'
import type { Patch } from './protocol.ts'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** What leads from `from` (undefined: nothing) to `to`; undefined when they show the same. Rests on `observe` replacing only what changed. */
export function diff(from: ClusterSnapshot | undefined, to: ClusterSnapshot): Patch | undefined {
  const patch: Mutable<Patch> = { seq: to.seq }
  if (from?.cluster !== to.cluster) patch.cluster = to.cluster
  if (from?.readOnly !== to.readOnly) patch.readOnly = to.readOnly
  if (from?.config !== to.config && to.config) patch.config = { ...to.config, hwms: [], vms: [] }
  if (from?.etcd !== to.etcd) patch.etcd = to.etcd
  const hwms = changedEntries(from?.hwms, to.hwms)
  if (hwms) patch.hwms = hwms
  const vms = changedEntries(from?.vms, to.vms)
  if (vms) patch.vms = vms
  const events = appended(from?.events, to.events)
  if (events.length > 0) patch.events = events
  if (from?.badValues !== to.badValues) patch.badValues = to.badValues
  const operations = changedEntries(from?.operations ?? NONE, to.operations ?? NONE)
  if (operations) patch.operations = operations
  const conductors = changedEntries(from?.conductors ?? NONE, to.conductors ?? NONE)
  if (conductors) patch.conductors = conductors
  const preview = diffPreview(from?.preview, to.preview)
  if (preview) patch.preview = preview
  return Object.keys(patch).length > 1 ? patch : undefined
}

const NONE: Readonly<Record<string, never>> = {}

/** Events are only ever appended, and the oldest dropped: what follows the last one that both have is new. */
function appended(
  from: readonly ClusterEvent[] | undefined,
  to: readonly ClusterEvent[],
): readonly ClusterEvent[] {
  if (from === to) return []
  const last = from?.at(-1)
  return last ? to.slice(to.lastIndexOf(last) + 1) : to
}

/** The snapshot that `patch` leads to. Entries it does not name stay the same objects. */
export function applyPatch(to: ClusterSnapshot | undefined, patch: Patch): ClusterSnapshot {
  const etcd = patch.etcd ?? to?.etcd
  const cluster = patch.cluster ?? to?.cluster
  if (!etcd || cluster === undefined) throw new TypeError('the first patch must hold all')
  const hwms = mergeEntries(to?.hwms, patch.hwms)
  const vms = mergeEntries(to?.vms, patch.vms)
  const preview = applyPreviewPatch(to?.preview, patch.preview)
  return {
    cluster,
    seq: patch.seq,
    readOnly: patch.readOnly ?? to?.readOnly ?? true,
    config: patch.config
      ? {
          ...patch.config,
          hwms: configsOf(to?.config?.hwms ?? [], hwms, to?.config ? patch.hwms : hwms),
          vms: configsOf(to?.config?.vms ?? [], vms, to?.config ? patch.vms : vms),
        }
      : to?.config,
    etcd,
    hwms,
    vms,
    events: mergeEvents(to?.events ?? [], patch.events),
    badValues: patch.badValues ?? to?.badValues ?? [],
    operations: mergeEntries(to?.operations, patch.operations),
    conductors: mergeEntries(to?.conductors, patch.conductors),
    ...(preview && { preview }),
  }
}

type Views<T> = Readonly<Record<string, { readonly config: T | undefined }>>

/** The configurations that the views hold, sorted by name as etcd has them. `before`: those of the picture before, if there was one. */
function configsOf<T extends { readonly name: string }>(
  before: readonly T[],
  views: Views<T>,
  changes: Readonly<Record<string, unknown>> = {},
): readonly T[] {
  const configs: T[] = []
  const known = new Set<string>()
  for (const { name } of before) {
    const config = views[name]?.config
    known.add(name)
    if (config) configs.push(config)
  }
  const kept = configs.length
  for (const name in changes) {
    const config = known.has(name) ? undefined : views[name]?.config
    if (config) configs.push(config)
  }
  if (configs.length > kept) configs.sort((a, b) => (a.name < b.name ? -1 : 1))
  return configs
}

function mergeEvents(
  to: readonly ClusterEvent[],
  more: readonly ClusterEvent[] | undefined,
): readonly ClusterEvent[] {
  if (!more) return to
  const all = [...to, ...more]
  return all.length > EVENTS_KEPT ? all.slice(-EVENTS_KEPT) : all
}
