// yasco snapshot: the cluster as the solver sees it, as text that plan, fallback and what-if read again.
import { printClusterFile } from '../../model/cluster-file/print.ts'
import type { ClusterConfig } from '../../model/cluster.ts'
import type { PlacementMap, Problem } from '../../solver/problem.ts'
import type { Run } from '../context.ts'
import { EXIT } from '../exit.ts'
import { pose } from '../posed.ts'
import { printJson } from '../print.ts'

export const run: Run = async context => {
  await using posed = await pose(context)
  const config = snapshotOf(posed.config, posed.problem)
  for (const note of posed.notes) context.io.stderr.write(`yasco: note: ${note}\n`)
  if (context.options.has('json')) printJson(context, 'ClusterSnapshot', { config })
  else context.io.stdout.write(printClusterFile(config, headOf(posed.problem, posed.places)))
  return EXIT.done
}

/**
 * Every amount and home stated; addresses, secrets and what the solver does not look at left out. It reads as a cluster file, but
 * its hosts are made up, so that it cannot be applied to a cluster by mistake.
 */
export function snapshotOf(config: ClusterConfig, problem: Problem): ClusterConfig {
  const hwms = new Map(problem.hwms.map(hwm => [hwm.name, hwm]))
  const vms = new Map(problem.vms.map(vm => [vm.name, vm]))
  const { ceph: _ceph, ...rest } = config
  return {
    ...rest,
    etcd: { endpoints: ['http://snapshot.invalid:2379'] },
    domains: 'etcd',
    hwms: config.hwms.map(({ name, labels, fallback, maintenance, reserve }) => ({
      name,
      libvirt: `test:///${name}`,
      capacity: hwms.get(name)?.capacity ?? {},
      reserve,
      labels,
      fallback,
      maintenance,
      fence: [],
    })),
    vms: config.vms.map(vm => {
      const { home: _home, ...plain } = vm
      const known = vms.get(vm.name)
      return {
        ...plain,
        resources: known?.demand ?? vm.resources,
        ...(known?.home !== undefined && { home: known.home }),
      }
    }),
  }
}

/** Who is away is no part of a cluster file; the order of moves begins at home when a snapshot is replayed. */
function headOf(problem: Problem, places: PlacementMap | undefined): string {
  const away = problem.vms.flatMap(({ name, home }) => {
    const place = places?.get(name)
    return place === undefined || place === home ? [] : [`${name} is away, on ${place}`]
  })
  return ['yasco snapshot: for yasco plan, fallback and what-if with --snapshot', ...away].join(
    '\n',
  )
}
