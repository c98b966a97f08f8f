import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalXml, xmlHash } from '../../../src/libvirt/xml/canonical.ts'
import { describeDomain } from '../../../src/libvirt/xml/describe.ts'
import { DomainXmlError } from '../../../src/libvirt/xml/element.ts'
import { migrationObstacles } from '../../../src/libvirt/xml/obstacles.ts'
import { resourcesOf } from '../../../src/libvirt/xml/resources.ts'
import { bytesPer } from '../../../src/libvirt/xml/sizes.ts'
import { SAMPLES, sample } from './samples.ts'
import { cpuMsOf } from '../../cpu-time.ts'

const GIB = 2 ** 30
const MIB = 2 ** 20

function domainWith(inside: string, memory = '<memory>1024</memory>'): string {
  return `<domain type='qemu'><name>x</name>${memory}${inside}</domain>`
}

describe('describeDomain', () => {
  test('a Windows guest of the seed: RBD, ceph secret, bridge, hyperv, limits', () => {
    const it = describeDomain(sample('win7-vmm2'))
    expect(it).toMatchObject({
      name: 'win7-vmm2',
      uuid: 'c7a5fdbd-edaf-9455-926a-d65c16db1809',
      title: 'Windows 7, accounting',
      type: 'kvm',
      arch: 'x86_64',
      machine: 'pc-i440fx-7.2',
      emulator: '/usr/bin/qemu-system-x86_64',
      memory: 4 * GIB,
      currentMemory: 4 * GIB,
      vcpus: 2,
      cpu: {
        mode: 'custom',
        model: 'SandyBridge',
        features: [{ name: 'vmx', policy: 'disable' }],
      },
      boot: { devices: ['hd', 'cdrom'], loader: undefined, nvram: undefined },
      interfaces: [
        {
          type: 'bridge',
          source: 'br0',
          mac: '52:54:00:a9:3c:07',
          model: 'virtio',
          rx: 100_000_000,
          tx: 50_000_000,
        },
      ],
      graphics: [{ type: 'vnc', port: undefined, listen: '127.0.0.1' }],
      serials: [{ type: 'pty', path: '/dev/pts/4' }],
      secrets: [{ type: 'ceph', uuid: '2e8a1a4b-6b42-4e7f-9c9d-0b5d3c1b7f10', usage: undefined }],
      onEvent: { poweroff: 'destroy', reboot: 'restart', crash: 'destroy' },
      yasco: { cluster: 'innopolis', id: '0192a4' },
    })
    expect(it.features).toEqual([
      'acpi',
      'apic',
      'hyperv.relaxed',
      'hyperv.vapic',
      'hyperv.spinlocks',
    ])
    expect(it.disks).toEqual([
      {
        device: 'disk',
        source: {
          kind: 'network',
          protocol: 'rbd',
          name: 'libvirt-pool/win7-vmm2',
          pool: 'libvirt-pool',
          image: 'win7-vmm2',
          hosts: ['10.0.0.112', '10.0.0.109', '10.0.0.127'].map(name => ({ name, port: 6789 })),
        },
        target: 'vda',
        bus: 'virtio',
        format: 'raw',
        cache: 'writeback',
        readOnly: false,
        shareable: false,
        bootOrder: undefined,
      },
      {
        device: 'cdrom',
        source: undefined,
        target: 'hdc',
        bus: 'ide',
        format: 'raw',
        cache: undefined,
        readOnly: true,
        shareable: false,
        bootOrder: undefined,
      },
    ])
  })

  test('a UEFI guest: units, hotplug, quota, nvram, volume, agent', () => {
    const it = describeDomain(sample('ubuntu-vmm2'))
    expect(it).toMatchObject({
      memory: 8 * GIB,
      currentMemory: 4 * GIB,
      vcpus: 4,
      currentVcpus: 2,
      cpuLimit: 2000,
      cpu: { mode: 'host-passthrough', migratable: true },
      boot: {
        firmware: 'efi',
        loader: { path: '/usr/share/OVMF/OVMF_CODE_4M.ms.fd', type: 'pflash' },
        nvram: { path: '/var/lib/libvirt/qemu/nvram/ubuntu-vmm2_VARS.fd', network: false },
      },
      guestAgent: true,
      tpms: [{ backend: 'emulator', model: 'tpm-crb' }],
      filesystems: [{ driver: 'virtiofs', source: '/srv/share', target: 'share' }],
      secrets: [{ type: 'ceph', uuid: undefined, usage: 'client.libvirt secret' }],
    })
    expect(it.disks.map(disk => disk.source)).toMatchObject([
      { pool: 'rbd', image: 'tenant/ubuntu-vmm2', hosts: [{ name: 'ceph-mon.lan' }] },
      { kind: 'volume', pool: 'default', volume: 'scratch.qcow2' },
      { kind: 'file', path: '/srv/iso/ubuntu.iso' },
    ])
    expect(it.interfaces.map(face => [face.type, face.source])).toEqual([
      ['network', 'default'],
      ['direct', 'eno1'],
    ])
  })

  test('a FreeBSD guest as it lies in /etc/libvirt, with comment and entities', () => {
    expect(describeDomain(sample('freebsd-vmm2'))).toMatchObject({
      name: 'freebsd-vmm2',
      description: 'FreeBSD 10.1 & ZFS\nroot on RBD',
      memory: GIB,
      cpu: { mode: undefined, model: undefined },
      graphics: [{ type: 'vnc', port: undefined }],
    })
  })

  test('the least there can be', () => {
    expect(describeDomain(domainWith(''))).toMatchObject({
      name: 'x',
      type: 'qemu',
      memory: MIB,
      currentMemory: MIB,
      vcpus: 1,
      currentVcpus: 1,
      disks: [],
      yasco: {},
    })
  })

  test.each<[string, string, number]>([
    ['', '3', 3072],
    ["unit='b'", '1', 1024],
    ["unit='bytes'", '2049', 3072],
    ["unit='k'", '1', 1024],
    ["unit='KB'", '1', 1024],
    ["unit='KB'", '1024', 1_024_000],
    ["unit='MB'", '1024', 1_024_000_000],
    ["unit='M'", '1', MIB],
    ["unit='mib'", '1', MIB],
    ["unit='GiB'", '2', 2 * GIB],
    ["unit='TiB'", '1', 1024 * GIB],
  ])('memory %s %s', (unit, value, bytes) => {
    const memory = `<memory ${unit}>\n ${value} </memory>`
    expect(describeDomain(domainWith('', memory)).memory).toBe(bytes)
  })

  test('memory as the sum of NUMA cells', () => {
    const cells = `<cpu><numa><cell id='0' memory='512' unit='MiB'/><cell id='1' memory='524288'/></numa></cpu>`
    expect(describeDomain(domainWith(cells, '')).memory).toBe(GIB)
  })

  test('units', () => {
    expect(['PiB', 'eib', 'PB', 'x', '', 'KiBs', 'ib'].map(bytesPer)).toEqual([
      2 ** 50,
      2 ** 60,
      1e15,
      undefined,
      undefined,
      undefined,
      undefined,
    ])
  })

  test.each<[string, string]>([
    ['', 'Start tag expected'],
    ['<network/>', 'not <domain>'],
    ['<domain/>', 'no <name>'],
    ['<domain><name>x</name></domain>', 'no <memory>'],
    [domainWith('', '<memory>much</memory>'), 'whole number'],
    [domainWith('', "<memory unit='XiB'>1</memory>"), "unit 'XiB'"],
    [domainWith('', "<memory unit='EiB'>9999999</memory>"), 'too large'],
    [domainWith('<vcpu>two</vcpu>'), '<vcpu>'],
    [domainWith('<os>'), 'os'],
    ['<domain><name>x</domain>', 'name'],
    ['<domain a="1" a="2"/>', 'a'],
    ['<domain/><domain/>', 'root'],
    ['<domain/>more', 'text behind the root'],
    [domainWith('<title>\u001b[2J</title>'), 'control characters'],
    [domainWith('<title>&#27;[2J</title>'), 'no entity'],
    [domainWith('<title>&undefined;</title>'), "'&undefined;' is no entity"],
    [domainWith('<title>a & b</title>'), "char '&' is not expected"],
    [domainWith('<title>&#0;</title>'), 'no entity'],
    [domainWith('<title>&#xd800;</title>'), 'no entity'],
  ])('refuses %s', (xml, why) => {
    expect(() => describeDomain(xml)).toThrow(DomainXmlError)
    expect(() => describeDomain(xml)).toThrow(why)
  })

  test('says where', () => {
    const broken = sample('test').replace('</memory>', '</memry>')
    expect(() => describeDomain(broken)).toThrow(/line 4, column \d+: .*memory/)
  })
})

describe('XML made to do harm', () => {
  test('a billion laughs are not heard', () => {
    const entities = Array.from(
      { length: 10 },
      (_, n) => `<!ENTITY l${n + 1} "${`&l${n};`.repeat(10)}">`,
    )
    const bomb = `<!DOCTYPE d [<!ENTITY l0 "ha">${entities.join('')}]>${domainWith('<title>&l10;</title>')}`
    expect(() => describeDomain(bomb)).toThrow('line 1, column 1: document types are not accepted')
  })

  test('no file of this machine is read', () => {
    const outside = `<?xml version="1.0"?>\n<!DOCTYPE d [<!ENTITY p SYSTEM "file:///etc/passwd">]>\n${domainWith('<title>&p;</title>')}`
    expect(() => describeDomain(outside)).toThrow('line 2, column 1: document types')
  })

  test('what only looks like one in comments and CDATA is text', () => {
    const text = domainWith('<!-- <!DOCTYPE x> --><title><![CDATA[<!DOCTYPE &l; x>]]></title>')
    expect(describeDomain(text).title).toBe('<!DOCTYPE &l; x>')
    expect(() => describeDomain(domainWith('<!-- no end'))).toThrow("'-->' is missing")
  })

  test('size and depth have limits', () => {
    expect(() => describeDomain(domainWith(`<title>${'x'.repeat(2 ** 20)}</title>`))).toThrow(
      'at most',
    )
    const deep = '<a>'.repeat(500) + '</a>'.repeat(500)
    expect(() => describeDomain(domainWith(deep))).toThrow(DomainXmlError)
  })

  test.each<[string, string]>([
    ['open comments', '<!--'.repeat(200_000)],
    ['open tags', '<a '.repeat(300_000)],
    ['attributes', `<a ${'b="c" '.repeat(100_000)}`],
    ['ampersands', `<domain>${'&'.repeat(900_000)}</domain>`],
    ['spaces', `<domain ${' '.repeat(900_000)}`],
    ['quotes', `<domain a="${"'".repeat(900_000)}`],
    ['closings', '</a>'.repeat(200_000)],
  ])('is not slow on %s', (_what, text) => {
    const used = cpuMsOf(() => expect(() => describeDomain(text)).toThrow(DomainXmlError))
    expect(used).toBeLessThan(4_000)
  })

  test('names of JavaScript do nothing', () => {
    const text = domainWith("<toString>x</toString><title valueOf='y'>t</title>")
    expect(describeDomain(text).title).toBe('t')
    for (const name of ['__proto__', 'constructor'])
      expect(() => describeDomain(domainWith(`<${name} a='1'/>`))).toThrow(DomainXmlError)
    expect(Object.hasOwn(Object.prototype, 'a')).toBe(false)
  })
})

test('damaged XML is read or refused, and nothing else', () => {
  const damage = fc.tuple(
    fc.constantFrom(...SAMPLES),
    fc.array(
      fc.tuple(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat({ max: 2 }),
        fc.oneof(
          fc.string({ maxLength: 4 }),
          fc.constantFrom('<', '>', "'", '&', '/>', '<!--', ']]>'),
        ),
      ),
      { minLength: 1, maxLength: 3 },
    ),
  )
  let read = 0
  fc.assert(
    fc.property(damage, ([name, cuts]) => {
      const xml = cuts.reduce((text, [where, length, put]) => {
        const at = Math.floor(where * text.length)
        return text.slice(0, at) + put + text.slice(at + length)
      }, sample(name))
      const outcome = readOrRefused(xml)
      if (outcome === 'read') read += 1
      expect(['read', 'DomainXmlError']).toContain(outcome)
    }),
    { numRuns: 1000 },
  )
  expect(read).toBeGreaterThan(5)
})

function readOrRefused(xml: string): string {
  try {
    const domain = describeDomain(xml)
    resourcesOf(domain)
    migrationObstacles(domain, { paths: ['/srv'] })
    return xmlHash(canonicalXml(xml)) === xmlHash(xml) ? 'read' : 'read two ways'
  } catch (error) {
    return error instanceof Error ? error.name : 'thrown'
  }
}

describe('resourcesOf', () => {
  test.each([
    ['win7-vmm2', { ram: 4 * GIB, cpu: 2000, rx: 100_000_000, tx: 50_000_000 }],
    ['ubuntu-vmm2', { ram: 8 * GIB, cpu: 2000 }],
    ['ceph1', { ram: 2 * GIB, cpu: 1500 }],
    ['test', { ram: 16 * MIB, cpu: 1000 }],
  ] as const)('of %s', (name, expected) => {
    expect(resourcesOf(describeDomain(sample(name)))).toEqual(expected)
  })
})

describe('migrationObstacles', () => {
  const of = (name: (typeof SAMPLES)[number], paths = ['/srv'], pools: string[] = []) =>
    migrationObstacles(describeDomain(sample(name)), { paths, pools })

  test('RBD, an empty CD drive and images on shared storage are none', () => {
    expect(of('win7-vmm2')).toEqual([])
    expect(of('freebsd-vmm2')).toEqual([])
    expect(of('test')).toEqual([])
  })

  test('a folder that only begins like a shared one is not shared', () => {
    expect(of('test', ['/sr', '/srv/image'])).toHaveLength(1)
    expect(of('test', ['/srv/'])).toEqual([])
    expect(of('test', ['/'])).toEqual([])
    const sly = sample('test').replace('/srv/images', '/srv/../var')
    expect(migrationObstacles(describeDomain(sly), { paths: ['/srv'] })).toHaveLength(1)
  })

  test('a UEFI guest can be moved live, but not all of it restarts elsewhere', () => {
    expect(of('ubuntu-vmm2').map(it => [it.stops, it.what])).toEqual([
      ['both', 'disk vdb'],
      ['live', 'filesystem share'],
      ['restart', 'tpm'],
      ['restart', 'nvram'],
    ])
    expect(of('ubuntu-vmm2', ['/srv', '/var/lib/libvirt/qemu/nvram'], ['default'])).toHaveLength(2)
  })

  test('one that is tied to its host in every way', () => {
    const found = of('ceph1')
    expect(found.map(it => `${it.stops} ${it.what}`)).toEqual([
      'both disk vda',
      'both disk vdb',
      'both disk vdc',
      'both cdrom sda',
      'both hostdev pci 0x0000:0x06:0x02:0x0',
      'both hostdev usb 0x1234:0xbeef',
      'both interface 52:54:00:6d:90:02',
      'both tpm',
      'both kernel',
      'both initrd',
      'both serial',
      'live shmem shared0',
      'live cpu',
      'live cpu',
    ])
    expect(found[3]?.why).toBe('/dev/sr0 is a device of the host')
  })
})
