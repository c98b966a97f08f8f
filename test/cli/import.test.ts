import { expect, test } from 'vitest'
import { parseClusterFile } from '../../src/model/cluster-file/parse.ts'
import { guestXml, World } from './world.ts'

const [A, B] = ['qemu+ssh://root@10.0.0.1/system', 'qemu+ssh://root@10.0.0.2/system']

/** What the seed's guests had: KVM, an RBD disk with a ceph secret, a bridge, UEFI and Hyper-V for Windows. */
const WINDOWS = `<domain type='kvm'><name>win7</name><uuid>aaaaaaaa-0000-4000-8000-000000000001</uuid>
<memory unit='GiB'>4</memory><currentMemory unit='GiB'>2</currentMemory><vcpu current='1'>2</vcpu>
<os><type arch='x86_64' machine='pc-i440fx-2.1'>hvm</type><boot dev='hd'/></os>
<features><acpi/><hyperv><relaxed state='on'/></hyperv></features>
<devices><disk type='network' device='disk'><driver name='qemu' type='raw' cache='writeback'/>
<auth username='libvirt'><secret type='ceph' uuid='bbbbbbbb-0000-4000-8000-000000000002'/></auth>
<source protocol='rbd' name='libvirt-pool/win7'><host name='10.0.0.112' port='6789'/></source><target dev='vda' bus='virtio'/></disk>
<interface type='bridge'><mac address='52:54:00:11:22:33'/><source bridge='br0'/><model type='e1000'/></interface></devices></domain>`

function valid(text: string) {
  const parsed = parseClusterFile(text, 'imported.yaml')
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  return parsed.config
}

test('hosts become HWMs, domains VMs, resources those of the XML, homes where they run', async () => {
  using world = new World()
  world.hosts.set(A, {
    hostname: 'quark.example.org',
    memory: 64 * 2 ** 30 + 5,
    cpus: 16,
    domains: [
      { name: 'win7', xml: WINDOWS },
      { name: 'off', state: 'shutoff' },
    ],
  })
  world.hosts.set(B, {
    hostname: 'snailin',
    domains: [{ name: 'test' }, { name: 'off', state: 'shutoff' }],
  })
  const { out, status } = await world.run(
    `import --hwm ${A} --hwm ${B} --cluster innopolis --domains /srv/domains`,
  )
  expect(status).toBe(0)
  const config = valid(out)
  expect(config.cluster).toBe('innopolis')
  expect(config.etcd.endpoints).toEqual(['http://10.0.0.1:2379', 'http://10.0.0.2:2379'])
  expect(config.hwms.map(({ name, libvirt, capacity }) => ({ name, libvirt, capacity }))).toEqual([
    { name: 'quark', libvirt: A, capacity: { ram: 64 * 2 ** 30, cpu: 16_000 } },
    { name: 'snailin', libvirt: B, capacity: { ram: 8 * 2 ** 30, cpu: 4000 } },
  ])
  expect(
    config.vms.map(({ name, home, resources, desired }) => ({ name, home, resources, desired })),
  ).toEqual([
    {
      name: 'off',
      home: 'quark',
      resources: { ram: 512 * 2 ** 20, cpu: 2000 },
      desired: 'stopped',
    },
    {
      name: 'test',
      home: 'snailin',
      resources: { ram: 512 * 2 ** 20, cpu: 2000 },
      desired: 'running',
    },
    { name: 'win7', home: 'quark', resources: { ram: 4 * 2 ** 30, cpu: 2000 }, desired: 'running' },
  ])
})

test('oddities are named above the file', async () => {
  using world = new World()
  const disk =
    "<disk type='file' device='disk'><source file='/var/lib/libvirt/images/x.img'/><target dev='vda'/></disk>"
  world.hosts.set(A, {
    hostname: 'host',
    domains: [
      { name: 'x', xml: guestXml('x', disk), autostart: true },
      { name: 'broken', xml: '<domain' },
    ],
  })
  world.hosts.set(B, {
    hostname: 'host',
    domains: [{ name: 'x', uuid: '11111111-0000-4000-8000-000000000000' }],
  })
  const { out } = await world.run(`import ${A} ${B}`)
  expect(valid(out).hwms.map(({ name }) => name)).toEqual(['host', 'host-2'])
  expect(out).toContain('# - x is defined on host, host-2 with different UUIDs')
  expect(out).toContain('# - x RUNS on host and host-2 at the same time')
  expect(out).toContain(
    '# - x is started by libvirt itself on host: turn that off (virsh autostart --disable x)',
  )
  expect(out).toContain(
    '# - x is tied to its host: disk vda: /var/lib/libvirt/images/x.img is not on shared storage',
  )
  expect(out).toMatch(
    /# - broken on host: its XML was not read \(.+\), so its resources are missing/,
  )
})

test('a host that does not answer is named, and nothing is printed', async () => {
  using world = new World()
  world.hosts.set(A, { hostname: 'a' })
  const { status, out, err } = await world.run(`import --hwm ${A} --hwm ${B}`)
  expect([status, out]).toEqual([1, ''])
  expect(err).toContain(`not every host answered:\n  ${B}: ${B}: connection timed out`)
})

test('no host at all is wrong use', async () => {
  using world = new World()
  expect((await world.run('import')).status).toBe(2)
})
