// The lab as a cluster file, for the console and the daemons that run in it.
import { stringify } from 'yaml'
import type { LabSpec } from './hosts.ts'
import type { LabLayout } from './layout.ts'
import { managementAddress, redfishPort, watchdogDevice } from './layout.ts'

/** libvirt's URI of a host, over SSH with the lab's own key and host keys. */
function sshUri(layout: LabLayout, address: string): string {
  const parameters = new URLSearchParams({
    keyfile: layout.ssh.key,
    known_hosts: layout.ssh.knownHosts,
    no_tty: '1',
  })
  return `qemu+ssh://root@${address}/system?${decodeURIComponent(parameters.toString())}`
}

/** The Redfish system that stands for a host. */
function redfishUrl(host: string): string {
  return `http://${managementAddress}:${redfishPort}/redfish/v1/Systems/${host}`
}

function deviceOptions(layout: LabLayout, host: string): Record<string, string> {
  return {
    url: redfishUrl(host),
    username: layout.deviceUser,
    'password-file': layout.devicePassword,
  }
}

/** The whole cluster file, as YAML. */
export function clusterFile(layout: LabLayout, spec: LabSpec): string {
  return stringify({
    apiVersion: 'yasco/v1',
    cluster: spec.cluster,
    etcd: { endpoints: layout.etcdEndpoints },
    tolerate: spec.tolerate,
    domains: '/srv/domains',
    settings: spec.settings,
    hwms: Object.fromEntries(
      layout.hosts.map(host => [
        host.name,
        {
          libvirt: sshUri(layout, host.address),
          ...(host.watchdog ? { watchdog: watchdogDevice } : {}),
          fence: [{ agent: 'redfish', options: deviceOptions(layout, host.name) }],
          ...spec.hosts[host.name]?.hwm,
        },
      ]),
    ),
    vms: Object.fromEntries(
      Object.entries(spec.vms).map(([name, guest]) => [name, { home: guest.home, ...guest.vm }]),
    ),
  })
}
