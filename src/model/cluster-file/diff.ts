// What differs between two configurations, as lines one reads before saying yes.
import type { ClusterConfig } from '../cluster.ts'
import { type Path, pathText } from './problem.ts'
import { type Plain, plainCluster, type PlainMap } from './plain.ts'

/** One difference. `before` is undefined for what is new, `after` for what goes. */
export interface Difference {
  /** Which part of the cluster: `hwm quark`, `vm test`, `group web`, or `cluster` for all else. */
  readonly part: string
  /** The field within that part; empty when the whole part is new or goes. */
  readonly field: string
  readonly before: string | undefined
  readonly after: string | undefined
}

/** All differences, cluster first, then HWMs, VMs and groups in the order of the newer file; what goes is last in its kind. */
export function diffConfigs(before: ClusterConfig, after: ClusterConfig): readonly Difference[] {
  const old = plainCluster(before)
  const now = plainCluster(after)
  return [
    ...compare('cluster', [], old.general, now.general),
    ...compareParts('hwm', old.hwms, now.hwms),
    ...compareParts('vm', old.vms, now.vms),
    ...compareParts('group', old.groups, now.groups),
    ...compare('cluster', ['fallbacks'], old.fallbacks, now.fallbacks),
  ]
}

function compareParts(
  kind: string,
  before: ReadonlyMap<string, PlainMap>,
  after: ReadonlyMap<string, PlainMap>,
): Difference[] {
  const differences: Difference[] = []
  for (const name of new Set([...after.keys(), ...before.keys()])) {
    const part = `${kind} ${name}`
    const [was, is] = [before.get(name), after.get(name)]
    if (was && is) differences.push(...compare(part, [], was, is))
    else differences.push({ part, field: '', before: textOf(was), after: textOf(is) })
  }
  return differences
}

/** `+ vm test: {ha: true, home: quark}`, `- hwm old: ...`, `~ vm test: ram 2GiB -> 4GiB`. */
export function differenceText({ part, field, before, after }: Difference): string {
  if (field === '') return before === undefined ? `+ ${part}: ${after}` : `- ${part}: ${before}`
  return `~ ${part}: ${field} ${before ?? '(not set)'} -> ${after ?? '(not set)'}`
}

function compare(
  part: string,
  path: Path,
  before: Plain | undefined,
  after: Plain | undefined,
): Difference[] {
  if (isPlainMap(before) && isPlainMap(after)) {
    return keys(before, after).flatMap(name =>
      compare(part, [...path, name], before[name], after[name]),
    )
  }
  const [was, is] = [textOf(before), textOf(after)]
  return was === is ? [] : [{ part, field: pathText(path), before: was, after: is }]
}

/** Keys of both, those of the first in its order. */
function keys(first: PlainMap, second: PlainMap): readonly string[] {
  return [...new Set([...Object.keys(first), ...Object.keys(second)])]
}

function isPlainMap(value: Plain | undefined): value is PlainMap {
  return typeof value === 'object' && !isList(value)
}

/** `Array.isArray` does not narrow away readonly arrays. */
function isList(value: Plain): value is readonly Plain[] {
  return Array.isArray(value)
}

function textOf(value: Plain | undefined): string | undefined {
  return value === undefined ? undefined : text(value)
}

/** On one line, in YAML's flow style without its quotes: for reading. */
function text(value: Plain): string {
  if (typeof value !== 'object') return String(value)
  if (isList(value)) return `[${value.map(text).join(', ')}]`
  return `{${Object.entries(value)
    .map(([name, one]) => `${name}: ${text(one)}`)
    .join(', ')}}`
}
