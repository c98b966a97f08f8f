// The copies of domain XML that every HWM keeps on its own disk: what its VMs start from while the domain store hangs.
import { localCopies, oldestCopyAt } from '../../domains/local-copies.ts'
import type { DomainRecord } from '../../domains/in-etcd.ts'
import type { ClusterConfig, Hwm } from '../../model/cluster.ts'
import { humanDuration } from '../../model/human.ts'
import type { Context } from '../context.ts'
import { hashOr } from '../hash-or.ts'
import { checksAbout, type Check, learn, type Learnt } from './check.ts'

/** What one HWM has. */
export interface Copies {
  /** VM to the hash of its copy; one that is no domain any more has an empty one. */
  readonly hashes: ReadonlyMap<string, string>
  /** When the oldest of them was written, ms since 1970; undefined: there is none. */
  readonly oldestAt: number | undefined
}

/** More files than this are not read: doctor is a look, and dump compares them all. */
const MOST_READ = 500

export async function lookAtCopies(
  { signal, reach }: Context,
  { cluster, vms }: ClusterConfig,
  { name, libvirt }: Hwm,
): Promise<Learnt<Copies>> {
  if (vms.length > MOST_READ)
    return {
      ok: false,
      why: `copies of ${vms.length} VMs are too many to read: dump compares them`,
    }
  const run = reach.shell(libvirt)
  const names = vms.map(vm => vm.name)
  const look = async (): Promise<Copies> => {
    const xmls = await localCopies(cluster, name, run).readMany(names, { signal })
    return {
      hashes: new Map(Array.from(xmls, ([vm, xml]) => [vm, hashOr(xml, '')])),
      oldestAt: await oldestCopyAt(cluster, run, { signal }),
    }
  }
  return learn(signal, look())
}

/** Against etcd's hashes. `now`: ms since 1970. */
export function copyChecks(
  hwm: string,
  copies: Learnt<Copies>,
  { records, now }: { readonly records: ReadonlyMap<string, DomainRecord>; readonly now: number },
): readonly Check[] {
  const make = checksAbout(`hwm ${hwm}`)
  if (!copies.ok) return [make.unknown('copies', copies.why)]
  const { hashes, oldestAt } = copies.value
  const missing = [...records.keys()].filter(vm => !hashes.has(vm))
  const other = [...records].flatMap(([vm, { hash }]) =>
    hashes.has(vm) && hashes.get(vm) !== hash ? [vm] : [],
  )
  const todo = 'yasco dump writes them anew, on every HWM that answers'
  const checks = [
    ...(missing.length > 0
      ? [make.warn('copies', `no copy on its own disk of ${named(missing)}`, todo)]
      : []),
    ...(other.length > 0
      ? [make.warn('copies', `its copy differs from etcd's hash: ${named(other)}`, todo)]
      : []),
  ]
  if (checks.length > 0 || records.size === 0) return checks
  const age = oldestAt === undefined ? '' : `, the oldest of ${humanDuration(now - oldestAt)} ago`
  return [make.ok('copies', `of ${records.size} VMs on its own disk, by the hash in etcd${age}`)]
}

const MOST_NAMED = 6

function named(vms: readonly string[]): string {
  const more = vms.length - MOST_NAMED
  return `${vms.slice(0, MOST_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
