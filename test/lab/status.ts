// A lab as a few lines of text, for people.
import { attempt } from './command.ts'
import type { LabHost } from './host.ts'
import type { Lab } from './index.ts'

async function hostLine(host: LabHost): Promise<string> {
  const head = `${host.name.padEnd(16)} ${host.address.padEnd(12)}`
  if (!host.isUp()) return `${head} off`
  const guests = host.qemus().map(qemu => qemu.vm)
  const cable = host.isConnected() ? '' : ' (cable cut)'
  return `${head} on${cable}   ${guests.sort().join(' ') || 'no guests'}`
}

async function etcdLine(lab: Lab): Promise<string> {
  if (lab.etcdEndpoints.length === 0) return 'etcd             none'
  const asked = await attempt(
    lab.operator.commandLine(
      'etcdctl',
      '--command-timeout=1s',
      '--dial-timeout=1s',
      `--endpoints=${lab.etcdEndpoints.join(',')}`,
      'endpoint',
      'health',
    ),
    { env: { ETCDCTL_API: '3' } },
  )
  const healthy = `${asked.stdout}\n${asked.stderr}`.match(/ is healthy/g)?.length ?? 0
  return `etcd             ${healthy} of ${lab.etcdEndpoints.length} members healthy`
}

/** Hosts with their guests, etcd, and where things are. */
export async function labStatus(lab: Lab): Promise<string> {
  const hosts = await Promise.all(lab.hosts.map(hostLine))
  return [
    ...hosts,
    await etcdLine(lab),
    `folder           ${lab.layout.folder}`,
    `cluster file     ${lab.clusterFile}`,
  ].join('\n')
}
