// The reading and hashing of domain XML against what a real libvirt makes of the same domains.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { canonicalXml, xmlHash } from '../../../src/libvirt/xml/canonical.ts'
import { describeDomain } from '../../../src/libvirt/xml/describe.ts'
import { diffXml } from '../../../src/libvirt/xml/diff.ts'
import { migrationObstacles } from '../../../src/libvirt/xml/obstacles.ts'
import { resourcesOf } from '../../../src/libvirt/xml/resources.ts'
import { startLibvirtd, type Libvirtd } from '../rpc/libvirtd.ts'
import { SAMPLES, sample } from './samples.ts'

const QEMU = 'qemu:///system'
let near: Libvirtd
let far: Libvirtd
beforeAll(async () => {
  near = await startLibvirtd()
  far = await startLibvirtd()
})
afterAll(async () => {
  await near?.[Symbol.asyncDispose]()
  await far?.[Symbol.asyncDispose]()
})

/** As this machine can define it: no KVM, no other emulators and firmware than Debian's. */
function definable(name: (typeof SAMPLES)[number]): string {
  const plainCpu = "<cpu mode='custom' match='exact'><model fallback='forbid'>qemu64</model></cpu>"
  return sample(name)
    .replace("type='kvm'", "type='qemu'")
    .replace('/usr/bin/kvm-spice', '/usr/bin/qemu-system-x86_64')
    .replace('pc-i440fx-trusty', 'pc')
    .replace(/<cpu mode='host-passthrough'(?:[^>]*\/>|[\s\S]*?<\/cpu>)/, plainCpu)
    .replace("<os firmware='efi'>", '<os>')
    .replace(/<firmware>[\s\S]*?<\/firmware>/, '')
    .replace(/<maxMemory.*<\/maxMemory>/, '')
    .replace(/<seclabel[\s\S]*<\/seclabel>/, '')
    .replace(/<filesystem[\s\S]*<\/filesystem>/, '')
    .replace(/<tpm model='tpm-crb'>[\s\S]*<\/tpm>/, '')
    .replace("<model type='qxl' ram='65536' vram='65536' vgamem='16384'", "<model type='vga'")
    .replace(/<graphics type='spice'[\s\S]*?<\/graphics>/, '')
}

function defineAt(server: Libvirtd, xml: string): string {
  const file = join(server.folder, 'domain.xml')
  writeFileSync(file, xml)
  server.virsh(QEMU, 'define', file)
  return server.virsh(QEMU, 'dumpxml', '--inactive', describeDomain(xml).name)
}

describe.each(SAMPLES)('%s', name => {
  test('says the same after libvirt has rewritten it', () => {
    const mine = describeDomain(definable(name))
    const theirs = describeDomain(defineAt(near, definable(name)))
    for (const field of [
      'name',
      'uuid',
      'title',
      'description',
      'type',
      'memory',
      'currentMemory',
      'vcpus',
      'currentVcpus',
      'cpuLimit',
      'secrets',
      'tpms',
      'hostDevices',
      'guestAgent',
      'yasco',
    ] as const)
      expect(theirs[field], field).toEqual(mine[field])
    const disks = (of: typeof mine) => of.disks.map(it => [it.target, it.device, it.source])
    expect(disks(theirs)).toEqual(disks(mine))
    const faces = (of: typeof mine) => of.interfaces.map(it => [it.type, it.source, it.mac, it.rx])
    expect(faces(theirs)).toEqual(faces(mine))
    expect(resourcesOf(theirs)).toEqual(resourcesOf(mine))
    const shared = { paths: ['/srv'] }
    expect(migrationObstacles(theirs, shared)).toEqual(migrationObstacles(mine, shared))
  })

  test('once printed by libvirt keeps its hash: defined again, and at another host', () => {
    const first = defineAt(near, definable(name))
    const hash = xmlHash(first)
    expect(diffXml(first, defineAt(near, first))).toEqual([])
    expect(diffXml(first, defineAt(far, first))).toEqual([])
    expect(xmlHash(defineAt(far, canonicalXml(first)))).toBe(hash)
    near.virsh(QEMU, 'undefine', '--nvram', name)
    far.virsh(QEMU, 'undefine', '--nvram', name)
  })
})

test('a running domain says the same as its definition', () => {
  const xml = `<domain type='qemu'><name>runs</name><memory unit='MiB'>16</memory><vcpu>1</vcpu>
    <os><type arch='x86_64'>hvm</type></os>
    <devices><emulator>/usr/bin/qemu-system-x86_64</emulator><serial type='pty'/></devices></domain>`
  const inactive = defineAt(near, xml)
  near.virsh(QEMU, 'start', 'runs')
  try {
    const live = near.virsh(QEMU, 'dumpxml', 'runs')
    expect(live).toContain(" id='")
    const [running, defined] = [describeDomain(live), describeDomain(inactive)]
    expect(resourcesOf(running)).toEqual(resourcesOf(defined))
    expect(running.uuid).toBe(defined.uuid)
    // What is running is compared by its inactive XML; that one has not changed by the start.
    expect(xmlHash(near.virsh(QEMU, 'dumpxml', '--inactive', 'runs'))).toBe(xmlHash(inactive))
  } finally {
    near.virsh(QEMU, 'destroy', 'runs')
  }
})
