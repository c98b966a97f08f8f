// The three hosts with three more that take VMs in: enough of them may die at once, and all that ran there still has a place.
import type { Hwm } from '../../src/model/cluster.ts'
import { deviceAddress } from '../../src/simulator/fence-device.ts'
import { threeHosts, type MadeUpCluster } from '../../src/simulator/made-up.ts'

const MORE = { gluon: '10.0.0.131', muon: '10.0.0.132', tau: '10.0.0.133' } as const

/** `bad`: HWMs whose fence device is not at the address that the configuration gives. */
export function sixHosts({ bad = [] }: { readonly bad?: readonly string[] } = {}): MadeUpCluster {
  const made = threeHosts()
  const { config, hosts } = made
  const [model] = config.hwms
  const [host] = hosts
  if (model === undefined || host === undefined) throw new Error('there are three hosts')
  const withDevice = (hwm: Hwm, address: string): Hwm => {
    const ip = bad.includes(hwm.name) ? '10.0.9.9' : deviceAddress(address)
    return { ...hwm, fence: [{ agent: 'fence_ipmilan', options: { ip, username: 'admin' } }] }
  }
  const uri = (address: string) => `qemu+ssh://root@${address}/system`
  const more = Object.entries(MORE).map(([name, address]) =>
    withDevice({ ...model, name, libvirt: uri(address) }, address),
  )
  const known = config.hwms.map(hwm => withDevice(hwm, new URL(hwm.libvirt).hostname))
  return {
    ...made,
    config: { ...config, tolerate: 2, hwms: [...known, ...more] },
    hosts: [
      ...hosts,
      ...Object.entries(MORE).map(([name, address]) => ({ ...host, name, uri: uri(address) })),
    ],
  }
}
