// yasco import --hwm URI...: asks living hosts what they have, and prints a cluster file. Changes nothing anywhere.
import { describeDomain } from '../../libvirt/xml/describe.ts'
import { migrationObstacles } from '../../libvirt/xml/obstacles.ts'
import { resourcesOf } from '../../libvirt/xml/resources.ts'
import { DomainXmlError } from '../../libvirt/xml/element.ts'
import type { InspectableHypervisor } from '../../libvirt/inspection.ts'
import type { DomainStatus } from '../../libvirt/hypervisor.ts'
import { CallTimedOut, LibvirtError } from '../../libvirt/errors.ts'
import { parseLibvirtUri } from '../../libvirt/uri.ts'
import { checkConfig } from '../../model/cluster-file/check.ts'
import { pathText } from '../../model/cluster-file/problem.ts'
import { printClusterFile } from '../../model/cluster-file/print.ts'
import { NAME, NAME_EXPECTED } from '../../model/names.ts'
import { endpointsOf } from '../cluster-access.ts'
import type { Context, Run } from '../context.ts'
import { CommandFailed, EXIT, WrongUse } from '../exit.ts'
import { type FoundDomain, type FoundHost, importCluster, type Imported } from '../import-plan.ts'
import { printJson } from '../print.ts'
import { openForReading } from '../reach.ts'

const OPEN_MS = 15_000
const RUNNING = new Set(['running', 'blocked', 'paused', 'shutdown', 'suspended'])
const ETCD_PORT = 2379

export const run: Run = async context => {
  const { options, io } = context
  const uris = [...options.all('hwm'), ...context.arguments]
  if (uris.length === 0)
    throw new WrongUse(
      'import needs the libvirt URI of at least one host: yasco import --hwm qemu+ssh://root@HOST/system',
    )
  const cluster = options.text('cluster') ?? 'cluster'
  if (!NAME.test(cluster))
    throw new WrongUse(`--cluster: found '${cluster}', expected ${NAME_EXPECTED}`)
  const domains = options.text('domains') ?? 'etcd'
  if (!/^(etcd|\/.*)$/.test(domains))
    throw new WrongUse(`--domains: found '${domains}', expected an absolute path, or etcd`)
  const etcd = options.text('etcd')
  const endpoints =
    etcd === undefined ? guessedEndpoints(uris) : (await endpointsOf(etcd)).endpoints
  const shared = domains === 'etcd' ? [] : [domains.replace(/\/[^/]+\/?$/, '') || '/']

  const answers = await Promise.allSettled(uris.map(uri => askHost(context, uri, shared)))
  const failures = answers.flatMap((answer, index) =>
    answer.status === 'rejected' ? [`${uris[index]}: ${messageOf(answer.reason)}`] : [],
  )
  if (failures.length > 0)
    throw new CommandFailed(EXIT.failed, `not every host answered:\n  ${failures.join('\n  ')}`)
  const hosts = answers.flatMap(answer => (answer.status === 'fulfilled' ? [answer.value] : []))
  const imported = importCluster(hosts, { cluster, endpoints, domains })
  const notes = [...imported.notes, ...findings(imported)]
  if (options.has('json')) printJson(context, 'ClusterConfig', { config: imported.config, notes })
  else io.stdout.write(printClusterFile(imported.config, head(imported, notes, etcd === undefined)))
  return EXIT.done
}

async function askHost(
  context: Context,
  uri: string,
  shared: readonly string[],
): Promise<FoundHost> {
  await using hypervisor = await openForReading(context, uri, OPEN_MS)
  const { signal } = context
  const [facts, domains] = await Promise.all([
    hypervisor.facts({ signal }),
    hypervisor.domains({ signal }),
  ])
  const { hostname, memory, cpus } = facts
  const found = await Promise.all(
    domains.map(domain => askDomain(context, hypervisor, domain, shared)),
  )
  return { uri, hostname, memory, cpus, domains: found }
}

async function askDomain(
  { signal }: Context,
  hypervisor: InspectableHypervisor,
  domain: DomainStatus,
  shared: readonly string[],
): Promise<FoundDomain> {
  const { name, uuid, autostart, persistent, state } = domain
  const common = { name, uuid, autostart, isRunning: RUNNING.has(state) }
  try {
    const xml = await hypervisor.xml(domain, persistent ? 'inactive' : 'live', { signal })
    const description = describeDomain(xml)
    const obstacles = migrationObstacles(description, { paths: shared }).map(
      ({ what, why }) => `${what}: ${why}`,
    )
    return { ...common, resources: resourcesOf(description), problem: '', obstacles }
  } catch (error) {
    if (
      !(
        error instanceof DomainXmlError ||
        error instanceof LibvirtError ||
        error instanceof CallTimedOut
      )
    )
      throw error
    return { ...common, resources: undefined, problem: error.message, obstacles: [] }
  }
}

/** etcd lies on the hosts as a rule, on three of them. */
function guessedEndpoints(uris: readonly string[]): readonly string[] {
  const hosts = uris.flatMap(uri => parseLibvirtUri(uri).host ?? [])
  const three = [...new Set(hosts)].slice(0, 3)
  if (three.length === 0) return [`http://127.0.0.1:${ETCD_PORT}`]
  return three.map(host => `http://${host.includes(':') ? `[${host}]` : host}:${ETCD_PORT}`)
}

/** What the checks of a cluster file say of it. */
function findings({ config }: Imported): readonly string[] {
  return checkConfig(config).map(
    ({ path, found, expected }) => `${pathText(path)}: found ${found}, expected ${expected}`,
  )
}

function head({ config }: Imported, notes: readonly string[], isEtcdGuessed: boolean): string {
  const todo = [
    ...(isEtcdGuessed ? ['etcd: the endpoints are a guess.'] : []),
    'hwms: what is kept for the hosts themselves (reserve: {ram: 4GiB, cpu: 1}), who takes nobody in (fallback: false), fence devices.',
    'vms: which of them are to be restarted elsewhere when their HWM fails (ha: true), and their priority.',
    ...(config.domains === 'etcd'
      ? ['domains: the folder of domain XML, if the hosts share one.']
      : []),
  ]
  return [
    `Made by yasco import from ${config.hwms.length} living hosts. Look it over, then: yasco apply -f FILE`,
    'To decide:',
    ...todo.map(line => `- ${line}`),
    ...(notes.length > 0 ? ['Found:', ...notes.map(line => `- ${line}`)] : []),
  ].join('\n')
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
