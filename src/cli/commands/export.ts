// yasco export: the cluster as etcd has it, as a cluster file.
import { printClusterFile } from '../../model/cluster-file/print.ts'
import type { ClusterConfig } from '../../model/cluster.ts'
import type { Run } from '../context.ts'
import { EXIT } from '../exit.ts'
import { printJson } from '../print.ts'
import { type StoredCluster, withCluster } from '../stored-cluster.ts'

export const run: Run = context =>
  withCluster(context, stored => {
    const config = withHomes(stored)
    for (const { key, problem } of stored.badValues) {
      context.io.stderr.write(`yasco: ${key} is left out: ${problem}\n`)
    }
    if (context.options.has('json'))
      printJson(context, 'ClusterConfig', { revision: stored.revision, config })
    else context.io.stdout.write(printClusterFile(config, headOf(stored)))
    return Promise.resolve(stored.badValues.length === 0 ? EXIT.done : EXIT.partly)
  })

/** The homes that the CDM has now, so that applying the file to an empty etcd makes the same cluster again. */
function withHomes({
  config,
  homes,
}: StoredCluster & { readonly config: ClusterConfig }): ClusterConfig {
  const vms = config.vms.map(vm => {
    const home = homes?.homes[vm.name]
    return home === undefined ? vm : { ...vm, home }
  })
  return { ...config, vms }
}

function headOf({ config, revision }: StoredCluster & { readonly config: ClusterConfig }): string {
  return `The cluster ${config.cluster} as it lay in etcd at revision ${revision}, homes by its CDM.`
}
