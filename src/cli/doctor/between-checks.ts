// What is wrong between HWMs: versions that differ, a domain store that is not the same everywhere, XML that changed. Pure.
import type { ClusterConfig } from '../../model/cluster.ts'
import type { DomainRecord } from '../../domains/in-etcd.ts'
import { hashOr } from '../hash-or.ts'
import { type Check, checksAbout } from './check.ts'
import type { Gathered, HwmFacts } from './gather.ts'

export function versionChecks(hwms: readonly HwmFacts[]): readonly Check[] {
  const { ok, warn } = checksAbout('cluster')
  const versions = hwms.flatMap(({ hwm, libvirt }) =>
    libvirt.ok ? [{ name: hwm.name, version: libvirt.value.host.hypervisor }] : [],
  )
  if (versions.length < 2) return []
  const groups = Map.groupBy(versions, ({ version }) => version)
  if (groups.size === 1) return [ok('versions', `${versions[0]?.version} on all HWMs that answer`)]
  const found = Array.from(
    groups,
    ([version, all]) => `${version} on ${all.map(({ name }) => name).join(', ')}`,
  ).join('; ')
  return [
    warn(
      'versions',
      found,
      'a VM moves to the same or a newer QEMU only: bring all HWMs to one version',
    ),
  ]
}

/** Whether the folder is one and the same, whether it has the XML of every VM, and whether that is the XML that etcd has the hash of. */
export function storeContentChecks(
  config: ClusterConfig,
  { hwms, storedHashes }: Gathered,
  records: ReadonlyMap<string, DomainRecord>,
): readonly Check[] {
  const { ok, warn, fail, unknown } = checksAbout('cluster')
  const checks: Check[] = []
  const lists = hwms.flatMap(({ hwm, stored }) =>
    stored?.ok ? [{ name: hwm.name, files: stored.value.join('\n') }] : [],
  )
  const [first] = lists
  const other = lists.find(({ files }) => files !== first?.files)
  if (first && other) {
    checks.push(
      fail(
        'domain store',
        `${first.name} and ${other.name} see different files in ${config.domains}`,
        'mount the same file system there on every HWM',
      ),
    )
  }
  if (storedHashes && !storedHashes.ok)
    return [...checks, unknown('domain store', storedHashes.why)]
  const hashes = storedHashes?.value ?? hashesIn(records)
  const missing = config.vms.map(({ name }) => name).filter(vm => !hashes.has(vm))
  if (missing.length > 0)
    checks.push(
      fail(
        'domain XML',
        `none is stored for ${few(missing)}`,
        'yasco dump: without it they cannot be started elsewhere',
      ),
    )
  const unrecorded = [...hashes.keys()].filter(vm => !records.has(vm))
  if (unrecorded.length > 0) {
    checks.push(
      warn(
        'domain XML',
        `etcd has no hash of what is stored for ${few(unrecorded)}`,
        'yasco dump: a change of the files would not be noticed',
      ),
    )
  }
  const changed = [...hashes]
    .filter(([vm, hash]) => records.has(vm) && records.get(vm)?.hash !== hash)
    .map(([vm]) => vm)
  if (changed.length > 0) {
    checks.push(
      fail(
        'domain XML',
        `what is stored for ${few(changed)} is not what etcd has the hash of`,
        'look at the difference, then: yasco dump',
      ),
    )
  }
  const stale = staleIn(hwms, hashes)
  if (stale.length > 0)
    checks.push(
      warn(
        'domain XML',
        `libvirt has another definition than the domain store of ${few(stale)}`,
        'yasco dump --dry-run shows which; yasco dump stores them',
      ),
    )
  if (checks.length === 0) checks.push(ok('domain XML', 'stored for every VM, by the hash in etcd'))
  return checks
}

function hashesIn(records: ReadonlyMap<string, DomainRecord>): ReadonlyMap<string, string> {
  return new Map(
    Array.from(records).flatMap(([vm, { hash, xml }]) =>
      xml === undefined ? [] : [[vm, hash] as const],
    ),
  )
}

/** VMs whose definition on some HWM is not what is stored. */
function staleIn(
  hwms: readonly HwmFacts[],
  hashes: ReadonlyMap<string, string>,
): readonly string[] {
  const stale = new Set<string>()
  for (const { libvirt } of hwms) {
    if (!libvirt.ok) continue
    for (const [vm, xml] of libvirt.value.xmls) {
      const stored = hashes.get(vm)
      if (xml.ok && stored !== undefined && stored !== hashOr(xml.value, 'broken')) stale.add(vm)
    }
  }
  return [...stale]
}

function few(names: readonly string[]): string {
  return names.length <= 6
    ? names.join(', ')
    : `${names.slice(0, 5).join(', ')} and ${names.length - 5} more`
}
