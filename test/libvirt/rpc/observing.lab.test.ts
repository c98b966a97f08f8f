// The observing side against a real libvirtd, compared with what virsh says of the same one.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { HypervisorRefused, LibvirtError } from '../../../src/libvirt/errors.ts'
import type { DomainEvent } from '../../../src/libvirt/hypervisor.ts'
import type { InspectableHypervisor } from '../../../src/libvirt/inspection.ts'
import { openConnection, openHypervisor, openMachine } from '../../../src/libvirt/open.ts'
import { domains } from '../../../src/libvirt/wire/procedures.ts'
import { startLibvirtd, until } from './libvirtd.ts'
import type { Libvirtd } from './libvirtd.ts'

let libvirtd: Libvirtd
beforeAll(async () => {
  libvirtd = await startLibvirtd()
})
afterAll(async () => {
  await libvirtd[Symbol.asyncDispose]()
})

const observe = (name: string): Promise<InspectableHypervisor> =>
  openHypervisor(libvirtd.uri(name, 'read-only'), { readOnly: true })

/** `name: value` lines of virsh. */
function fields(text: string): Map<string, string> {
  return new Map(
    text.split('\n').flatMap(line => {
      const at = line.search(/[:=]/)
      return at < 0 ? [] : [[line.slice(0, at).trim(), line.slice(at + 1).trim()] as const]
    }),
  )
}

function domainXml(name: string, type: string): string {
  return `<domain type='${type}'><name>${name}</name><memory unit='MiB'>16</memory>
    <os><type arch='x86_64'>hvm</type></os>
    <devices>${type === 'qemu' ? '<emulator>/usr/bin/qemu-system-x86_64</emulator>' : ''}</devices></domain>`
}

describe('the test driver', () => {
  const uri = 'test:///default'

  test('facts are those virsh gives', async () => {
    await using near = await observe(uri)
    const { hostname, libvirtVersion, hypervisor } = await near.facts()
    expect(hostname).toBe(libvirtd.virsh(uri, 'hostname').trim())
    const version = libvirtd.virsh(uri, 'version', '--daemon')
    expect(version).toContain(`Running against daemon: ${libvirtVersion}`)
    expect(version).toContain(`Running hypervisor: ${hypervisor}`)
    const node = fields(libvirtd.virsh(uri, 'nodeinfo'))
    const info = await near.nodeInfo()
    expect(info.arch).toBe(node.get('CPU model'))
    expect(`${info.cpus}`).toBe(node.get('CPU(s)'))
    expect(`${info.memory / 1024} KiB`).toBe(node.get('Memory size'))
    expect(`${info.mhz} MHz`).toBe(node.get('CPU frequency'))
  })

  test('the list is that of virsh list, whatever states there are', async () => {
    await using machine = await openMachine(libvirtd.uri(uri))
    for (let i = 0; i < 20; i++) await machine.define(domainXml(`made-${i}`, 'test'))
    await using near = await observe(uri)
    const listed = await near.domains()
    const said = libvirtd.virsh(uri, 'list', '--all', '--name').trim().split(/\s+/)
    expect(listed.map(domain => domain.name).sort()).toEqual(said.sort())
    expect(listed).toHaveLength(21)
    for (const domain of listed) {
      const info = fields(libvirtd.virsh(uri, 'dominfo', domain.name))
      expect(domain.uuid).toBe(info.get('UUID'))
      expect(info.get('State')).toBe(domain.state === 'shutoff' ? 'shut off' : domain.state)
      expect(info.get('Persistent')).toBe(domain.persistent ? 'yes' : 'no')
      expect(info.get('Autostart')).toBe(domain.autostart ? 'enable' : 'disable')
    }
  })

  test('networks, pools and volumes are those of virsh', async () => {
    await using near = await observe(uri)
    const networks = libvirtd.virsh(uri, 'net-list', '--all', '--name').trim().split(/\s+/)
    expect((await near.networks()).map(network => network.name)).toEqual(networks)
    const [pool] = await near.storagePools()
    const said = fields(libvirtd.virsh(uri, 'pool-info', '--bytes', pool?.name ?? ''))
    expect(said.get('UUID')).toBe(pool?.uuid)
    expect(said.get('State')).toBe(pool?.state)
    expect(said.get('Capacity')).toBe(`${pool?.capacity}`)
    expect(said.get('Available')).toBe(`${pool?.available}`)
    expect(await near.storageVolumes(pool?.name ?? '')).toEqual([])
    expect(await near.hasVolume('/nowhere')).toBe(false)
  })

  test('XML is that of virsh dumpxml', async () => {
    await using near = await observe(uri)
    const domain = (await near.domains()).find(one => one.name === 'test')
    expect(domain).toBeDefined()
    if (domain === undefined) return
    const said = libvirtd.virsh(uri, 'dumpxml', '--inactive', 'test').trim()
    expect((await near.xml(domain, 'inactive')).trim()).toBe(said)
  })

  test('every state and event of a life, as they happen', async () => {
    await using machine = await openMachine(libvirtd.uri(uri))
    const events: string[] = []
    machine.onDomainEvent((event: DomainEvent) => {
      if (event.domain.name === 'life') events.push(`${event.kind} ${event.detail}`.trim())
    })
    const state = async (): Promise<string> => {
      const { state: now, reason } = (await machine.domainState(life)) ?? {
        state: 'none',
        reason: '',
      }
      return `${now} ${reason}`.trim()
    }
    const life = await machine.define(domainXml('life', 'test'))
    expect(await state()).toMatch(/^shutoff/)
    await machine.start(life, { paused: false })
    expect(await state()).toBe('running booted')
    await machine.suspend(life)
    expect(await state()).toBe('paused user')
    await machine.resume(life)
    await machine.shutdown(life)
    expect(await state()).toBe('shutoff shutdown')
    await machine.start(life, { paused: false })
    await machine.setAutostart(life, true)
    expect((await machine.domains()).find(one => one.name === 'life')?.autostart).toBe(true)
    await machine.destroy(life, { graceful: false })
    expect(await state()).toBe('shutoff destroyed')
    await machine.undefine(life)
    expect(await state()).toBe('none')
    expect(await machine.domain(life.uuid)).toBeUndefined()
    await until(() => events.at(-1)?.startsWith('undefined') === true)
    expect(events).toEqual([
      'defined added',
      'started booted',
      'suspended paused',
      'resumed unpaused',
      'stopped shutdown',
      'started booted',
      'stopped destroyed',
      'undefined removed',
    ])
  })

  test('metadata of our own namespace is kept, read and removed', async () => {
    await using machine = await openMachine(libvirtd.uri(uri))
    const vm = await machine.define(domainXml('tagged', 'test'))
    const namespace = 'https://example.org/yasco'
    expect(await machine.metadata(vm, namespace)).toBeUndefined()
    const element = '<mark epoch="4"/>'
    await machine.setMetadata(vm, { namespace, prefix: 'yasco', element }, 'definition')
    expect(await machine.metadata(vm, namespace)).toContain('epoch="4"')
    await machine.setMetadata(vm, { namespace, prefix: 'yasco' }, 'definition')
    expect(await machine.metadata(vm, namespace)).toBeUndefined()
  })

  test('a domain from XML alone is gone once it stops', async () => {
    await using machine = await openMachine(libvirtd.uri(uri))
    const vm = await machine.createFromXml(domainXml('brief', 'test'), { paused: false })
    expect((await machine.domains()).find(one => one.name === 'brief')).toMatchObject({
      state: 'running',
      persistent: false,
    })
    await machine.destroy(vm, { graceful: false })
    expect(await machine.domain(vm.uuid)).toBeUndefined()
  })
})

describe('the qemu driver', () => {
  const uri = 'qemu:///system'

  test('capabilities, statistics of the host and the rest are those of virsh', async () => {
    await using qemu = await openMachine(libvirtd.uri(uri))
    expect((await qemu.capabilities()).trim()).toBe(libvirtd.virsh(uri, 'capabilities').trim())
    const asked = { virtType: 'qemu', arch: 'x86_64', machine: 'pc' }
    const args = ['--virttype', 'qemu', '--arch', 'x86_64', '--machine', 'pc']
    expect((await qemu.domainCapabilities(asked)).trim()).toBe(
      libvirtd.virsh(uri, 'domcapabilities', ...args).trim(),
    )
    const memory = fields(libvirtd.virsh(uri, 'nodememstats'))
    const host = await qemu.hostStats()
    expect(`${host.memoryTotal / 1024} KiB`).toBe(memory.get('total'))
    const cpu = fields(libvirtd.virsh(uri, 'nodecpustats'))
    const idle = Number(cpu.get('idle')) + Number(cpu.get('iowait'))
    expect(Math.abs(host.cpuIdle - idle)).toBeLessThan(20e9)
    expect(await qemu.secrets()).toEqual([])
    expect((await qemu.facts()).hypervisor).toMatch(/^QEMU \d+\.\d+\.\d+$/)
  })

  test('statistics of a running guest are those of virsh domstats', async () => {
    await using machine = await openMachine(libvirtd.uri(uri))
    const vm = await machine.createFromXml(domainXml('counted', 'qemu'), { paused: true })
    try {
      const [stats] = await machine.stats()
      const said = fields(libvirtd.virsh(uri, 'domstats', 'counted'))
      expect(stats).toMatchObject({ name: 'counted', state: 'paused', vcpus: 1 })
      expect(`${(stats?.balloonMaximum ?? 0) / 1024}`).toBe(said.get('balloon.maximum'))
      expect(`${(stats?.balloonCurrent ?? 0) / 1024}`).toBe(said.get('balloon.current'))
      expect(Number(said.get('cpu.time'))).toBeGreaterThanOrEqual(stats?.cpuTime ?? Infinity)
      expect(stats?.rss).toBeGreaterThan(1 << 20)
      expect(await machine.job(vm, 'current')).toMatchObject({ kind: 'none' })
      expect(await machine.hasManagedSave(vm)).toBe(false)
    } finally {
      await machine.destroy(vm, { graceful: true })
    }
  })

  test('secrets are listed without their values, storage with its volumes', async () => {
    await using qemu = await observe(uri)
    const id = 'a3bfe990-c6fb-5018-836f-8d6ba7917f7b'
    const secret = join(libvirtd.folder, 'secret.xml')
    await writeFile(
      secret,
      `<secret ephemeral='no' private='yes'><uuid>${id}</uuid>
       <usage type='ceph'><name>client.libvirt secret</name></usage></secret>`,
    )
    libvirtd.virsh(uri, 'secret-define', secret)
    expect(await qemu.secrets()).toEqual([
      { uuid: id, usage: 'ceph', usageId: 'client.libvirt secret' },
    ])
    const images = join(libvirtd.folder, 'images')
    libvirtd.virsh(uri, 'pool-create-as', 'images', 'dir', '--target', images, '--build')
    libvirtd.virsh(uri, 'vol-create-as', 'images', 'disk.img', '1MiB')
    expect(await qemu.storagePools()).toMatchObject([{ name: 'images', state: 'running' }])
    const path = join(images, 'disk.img')
    expect(await qemu.storageVolumes('images')).toEqual([
      { pool: 'images', name: 'disk.img', key: path },
    ])
    expect(await qemu.hasVolume(path)).toBe(true)
  })

  test('CPUs are compared as virsh does', async () => {
    await using qemu = await openMachine(libvirtd.uri(uri))
    await using observer = await observe(uri)
    const args = { virtType: 'qemu', arch: 'x86_64', machine: 'pc' }
    const fits = "<cpu mode='custom' match='exact'><model>qemu64</model></cpu>"
    expect(['superset', 'identical']).toContain(await qemu.compareCpu(fits, args))
    const no =
      "<cpu mode='custom' match='exact'><model>qemu64</model><feature policy='require' name='sgx'/></cpu>"
    expect(await qemu.compareCpu(no, args)).toBe('incompatible')
    expect(await observer.compareCpu(no, args)).toBe('incompatible')
  })

  test('an invalid definition is refused with libvirt’s own words and number', async () => {
    await using machine = await openMachine(libvirtd.uri(uri))
    const wrong = machine.define("<domain type='qemu'><name>x</name><nonsense/></domain>")
    await expect(wrong).rejects.toMatchObject({ name: 'LibvirtError', code: 92 })
  })
})

test('a read-only connection changes nothing: libvirt itself refuses', async () => {
  const uri = 'test:///default'
  for (const socket of [libvirtd.uri(uri, 'read-only'), libvirtd.uri(uri)]) {
    await using connection = await openConnection(socket, { readOnly: true })
    const args = { xml: domainXml('no', 'test'), flags: 0 }
    await expect(connection.call(domains.define, args)).rejects.toBeInstanceOf(LibvirtError)
    await expect(connection.call(domains.define, args)).rejects.toThrow(/read.?only|denied/i)
  }
})

test('no socket is refused, with its path and what to do', async () => {
  const gone = openHypervisor('qemu+unix:///system?socket=/nonexistent/sock', { readOnly: true })
  await expect(gone).rejects.toBeInstanceOf(HypervisorRefused)
  await expect(gone).rejects.toThrow('/nonexistent/sock: no libvirt socket there')
})

test('a hypervisor this libvirt does not have is refused', async () => {
  const xen = openHypervisor(libvirtd.uri('xen:///system'), { readOnly: true })
  await expect(xen).rejects.toBeInstanceOf(HypervisorRefused)
  await expect(xen).rejects.toThrow('libvirt does not open xen:///system')
})

test('1000 overlapped calls all come home', async () => {
  await using near = await observe('test:///default')
  const [domain] = (await near.domains()).filter(one => one.name === 'test')
  if (domain === undefined) throw new Error('the test driver has its domain')
  const answers = await Promise.all(Array.from({ length: 1000 }, () => near.domainState(domain)))
  expect(answers.every(answer => answer?.state === 'running')).toBe(true)
})
