// Which VMs cannot migrate live, found out before anything is planned with them: devices of the host, and disks that no other HWM has.
import { RunFailed, RunTimedOut } from '../domains/store.ts'
import { LibvirtError } from '../libvirt/errors.ts'
import { describeDomain } from '../libvirt/xml/describe.ts'
import type { DomainDescription } from '../libvirt/xml/description.ts'
import { migrationObstacles } from '../libvirt/xml/obstacles.ts'
import type { ClusterSnapshot, VmView } from '../model/snapshot.ts'
import { isSilence } from './look.ts'
import { missingPaths } from './preflight.ts'
import type { Reach } from './reach.ts'

const XML_MS = 5_000

interface Asked {
  readonly vm: string
  readonly on: string
  readonly description: DomainDescription
}

/** The reason by VM, from its running XML. One whose XML cannot be had is left to the preflight. */
export async function findObstacles(
  reach: Reach,
  snapshot: ClusterSnapshot,
  isAsked: (vm: VmView) => boolean,
): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  const answers = await Promise.all(
    Object.values(snapshot.vms)
      .filter(isAsked)
      .map(vm => describe(reach, snapshot, vm)),
  )
  const asked = answers.filter(answer => answer !== undefined)
  for (const { vm, description } of asked) {
    // Whether disks are safe to share, libvirt asks itself.
    const obstacle = migrationObstacles(description, { paths: ['/'] }).find(
      each => each.stops !== 'restart',
    )
    if (obstacle !== undefined) found.set(vm, `${obstacle.what}: ${obstacle.why}`)
  }
  const missing = await missingElsewhere(reach, snapshot, asked)
  for (const { vm, on, description } of asked) {
    const path = disksOf(description).find(each => missing(on, each))
    if (path !== undefined && !found.has(vm))
      found.set(vm, `disk ${path}: no HWM that answers has it but ${on}`)
  }
  return found
}

async function describe(
  reach: Reach,
  snapshot: ClusterSnapshot,
  vm: VmView,
): Promise<Asked | undefined> {
  const instance = vm.instances.find(each => each.hwm === vm.where && each.state !== 'shutoff')
  if (instance === undefined || snapshot.hwms[instance.hwm]?.state !== 'up') return undefined
  try {
    const machine = await reach.machine(instance.hwm, { timeoutMs: XML_MS })
    const domain = { name: vm.name, uuid: instance.uuid }
    const xml = await machine.xml(domain, 'live', { timeoutMs: XML_MS })
    return { vm: vm.name, on: instance.hwm, description: describeDomain(xml) }
  } catch (error) {
    if (isSilence(error) || error instanceof LibvirtError) return undefined
    throw error
  }
}

/** Whether a path is on none of the other HWMs; one question to each, and who cannot be asked may have it. */
async function missingElsewhere(
  reach: Reach,
  snapshot: ClusterSnapshot,
  asked: readonly Asked[],
): Promise<(on: string, path: string) => boolean> {
  const paths = [...new Set(asked.flatMap(({ description }) => disksOf(description)))]
  const up = Object.values(snapshot.hwms).filter(({ state }) => state === 'up')
  if (paths.length === 0) return () => false
  const missing = new Map(
    await Promise.all(
      up.map(async ({ name }) => {
        const shell = reach.shell(name)
        if (shell === undefined) return [name, new Set<string>()] as const
        try {
          return [name, new Set(await missingPaths(shell, paths))] as const
        } catch (error) {
          if (isSilence(error) || error instanceof RunFailed || error instanceof RunTimedOut)
            return [name, new Set<string>()] as const
          throw error
        }
      }),
    ),
  )
  return (on, path) => {
    const others = [...missing].filter(([name]) => name !== on)
    return others.length > 0 && others.every(([, gone]) => gone.has(path))
  }
}

function disksOf({ disks }: DomainDescription): string[] {
  return disks.flatMap(({ source }) =>
    source !== undefined && (source.kind === 'file' || source.kind === 'block')
      ? [source.path]
      : [],
  )
}
