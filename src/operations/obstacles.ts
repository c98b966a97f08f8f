// Which VMs cannot migrate live, found out before anything is planned with them.
import { LibvirtError } from '../libvirt/errors.ts'
import { describeDomain } from '../libvirt/xml/describe.ts'
import { migrationObstacles } from '../libvirt/xml/obstacles.ts'
import type { ClusterSnapshot, VmView } from '../model/snapshot.ts'
import { isSilence } from './look.ts'
import type { Reach } from './reach.ts'

const XML_MS = 5_000

/** The reason by VM, from its running XML. One whose XML cannot be had is left to the preflight. */
export async function findObstacles(
  reach: Reach,
  snapshot: ClusterSnapshot,
  isAsked: (vm: VmView) => boolean,
): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  const ask = async (vm: VmView) => {
    const instance = vm.instances.find(each => each.hwm === vm.where && each.state !== 'shutoff')
    if (instance === undefined || snapshot.hwms[instance.hwm]?.state !== 'up') return
    try {
      const machine = await reach.machine(instance.hwm, { timeoutMs: XML_MS })
      const domain = { name: vm.name, uuid: instance.uuid }
      const xml = await machine.xml(domain, 'live', { timeoutMs: XML_MS })
      // Whether disks are there at the other end, the preflight asks that end; whether they are safe to share, libvirt asks itself.
      const obstacle = migrationObstacles(describeDomain(xml), { paths: ['/'] }).find(
        each => each.stops !== 'restart',
      )
      if (obstacle !== undefined) found.set(vm.name, `${obstacle.what}: ${obstacle.why}`)
    } catch (error) {
      if (!isSilence(error) && !(error instanceof LibvirtError)) throw error
    }
  }
  await Promise.all(Object.values(snapshot.vms).filter(isAsked).map(ask))
  return found
}
