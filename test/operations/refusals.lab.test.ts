import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Lab } from '../lab/index.ts'
import type { Observer } from '../lab/observer.ts'
import { until } from '../lab/processes.ts'
import { Actor } from './actor.ts'

// What is refused before anything moves, by what real hosts say. Each VM asks for something that the target does not have.

/** By VM: how its XML differs from one that would start, and what is said of it. */
const wrong: Record<string, { readonly change: (xml: string) => string; readonly why: RegExp }> = {
  emulator: {
    change: xml => xml.replace('/usr/bin/qemu-system-x86_64', '/opt/qemu'),
    why: /quark cannot run it: \/opt\/qemu, .* is not there/,
  },
  board: {
    change: xml => xml.replace('pc-i440fx-7.2', 'pc-i440fx-99.9'),
    why: /quark cannot run it: .*pc-i440fx-99.9 is not there/,
  },
  network: {
    change: xml =>
      xml.replace(
        '<memballoon',
        "<interface type='network'><source network='dmz'/></interface><memballoon",
      ),
    why: /quark cannot run it: network dmz is not there/,
  },
  bridge: {
    change: xml =>
      xml.replace(
        '<memballoon',
        "<interface type='bridge'><source bridge='br7'/></interface><memballoon",
      ),
    why: /quark cannot run it: bridge br7 is not there/,
  },
  secret: {
    change: xml =>
      xml.replace(
        '<memballoon',
        `<disk type='network' device='disk'><driver name='qemu' type='raw'/><auth username='a'><secret type='ceph' uuid='11111111-2222-4333-8444-555555555555'/></auth><source protocol='rbd' name='p/i'><host name='10.0.0.9'/></source><target dev='hdb' bus='ide'/></disk><memballoon`,
      ),
    why: /quark cannot run it: secret 11111111-2222-4333-8444-555555555555 is not there/,
  },
  disk: {
    change: xml => xml.replace('/srv/images/disk.img', '/srv/images/gone.img'),
    why: /quark cannot run it: \/srv\/images\/gone.img is not there/,
  },
  'cpu-model': {
    change: xml => withCpu(xml, "mode='custom' match='exact'", 'Made-Up-9'),
    why: /quark cannot run it: .*Unknown CPU model Made-Up-9/,
  },
  'cpu-feature': {
    change: xml => withCpu(xml, "mode='custom' match='exact' check='partial'", 'Skylake-Server'),
    why: /quark cannot run it: its CPU cannot give what the guest was started with \(Skylake-Server\)/,
  },
  'cpu-mode': {
    change: xml => withCpu(xml, "mode='host-passthrough'"),
    why: /quark cannot run it: its hypervisor has no CPU of the mode host-passthrough for qemu domains/,
  },
}

/** As libvirt prints it. */
function withCpu(xml: string, how: string, model?: string): string {
  const cpu =
    model === undefined
      ? `<cpu ${how}/>`
      : `<cpu ${how}>\n    <model fallback='forbid'>${model}</model>\n  </cpu>`
  return xml.replace('  <features>', `  ${cpu}\n  <features>`)
}

/** Their XML in the domain store of quark is not what the hashes say; the first is known to snailin's libvirt. */
const stores = ['missing', 'changed', 'unheard-of']

let lab: Lab
let observer: Observer
let actor: Actor

beforeAll(async () => {
  lab = await Lab.up({
    name: 'refusals',
    hosts: {
      hosts: {
        quark: { etcd: true, hwm: { capacity: { cpu: 64, ram: '128GiB' } } },
        snailin: { hwm: { capacity: { cpu: 64, ram: '64GiB' } } },
      },
      vms: {
        ...Object.fromEntries(
          Object.keys(wrong).map(vm => [vm, { home: 'quark', started: false }]),
        ),
        emulated: { home: 'quark', started: false },
        ...Object.fromEntries(stores.map(vm => [vm, { home: 'quark', started: false }])),
        mover: { home: 'quark' },
        bound: { home: 'quark' },
        large: { home: 'quark', vm: { ram: '65GiB' } },
        elsewhere: { home: 'quark', started: false },
      },
    },
  })
  const emulated = (xml: string) => withCpu(xml, "mode='custom' match='exact'", 'Skylake-Server')
  for (const [vm, { change }] of Object.entries({ ...wrong, emulated: { change: emulated } })) {
    const file = `${lab.layout.shared}/domains/${vm}.xml`
    writeFileSync(file, change(readFileSync(file, 'utf8')))
  }
  const toStart = [...Object.keys(wrong), ...stores, 'emulated']
  await lab.host('quark').virsh(...toStart.map(vm => `undefine ${vm}`))
  // A guest with a disk of the host's own cannot leave it.
  await lab
    .host('quark')
    .shell('mkdir -p /var/lib/libvirt/images && truncate -s 1M /var/lib/libvirt/images/own.img')
  await lab.host('quark').virsh('attach-disk bound /var/lib/libvirt/images/own.img hdb --config')
  await lab.host('quark').virsh('destroy bound', 'start bound')
  // Started by somebody's hand, where its permit is not.
  await lab
    .host('snailin')
    .virsh('define /srv/domains/elsewhere.xml', 'define /srv/domains/missing.xml')
  observer = await lab.observe()
  actor = await Actor.start(lab)
  // quark's domain store is another than it was when the hashes were taken.
  await lab
    .host('quark')
    .shell(
      [
        'cp -a /srv/domains /run/lab-domains; mount --bind /run/lab-domains /srv/domains',
        'rm /srv/domains/missing.xml /srv/domains/unheard-of.xml',
        `sed -i 's/<memory[^>]*>16/<memory unit="MiB">17/' /srv/domains/changed.xml`,
      ].join('\n'),
    )
})
afterAll(async () => {
  await actor?.[Symbol.asyncDispose]()
  await observer?.[Symbol.asyncDispose]()
  await lab?.down()
})

const touched = (began: number) =>
  actor.calls
    .slice(began)
    .filter(call => / (define|start|resume|shutdown|destroy|migration)/.test(call))

test.each(Object.entries(wrong))('a target without the %s', async (vm, { why }) => {
  const began = actor.calls.length
  const operation = await actor.act({ do: 'start', vm, at: 'quark' })
  expect(operation.state).toBe('partly')
  expect(operation.steps[0]?.error).toMatch(why)
  expect(touched(began)).toEqual([])
})

test('what QEMU cannot emulate of a CPU stops nobody whose domain does not insist', async () => {
  const operation = await actor.act({ do: 'start', vm: 'emulated', at: 'quark' })
  expect(operation).toMatchObject({ state: 'done', steps: [{ error: '' }] })
  expect(
    lab
      .host('quark')
      .qemus()
      .map(({ vm }) => vm),
  ).toContain('emulated')
})

describe('F23: the domain store of the target', () => {
  test.each([
    ['missing', 'quark cannot run it: its domain store has no XML of missing'],
    [
      'unheard-of',
      'the uuid of unheard-of is not known: no HWM that answers has it, nor the domain store of quark',
    ],
    [
      'changed',
      'quark cannot run it: the XML of changed in its domain store differs from the hash in etcd',
    ],
  ])('its XML is %s', async (vm, why) => {
    const began = actor.calls.length
    const operation = await actor.act({ do: 'start', vm, at: 'quark' })
    expect(operation).toMatchObject({ state: 'partly', steps: [{ error: why }] })
    expect(touched(began)).toEqual([])
    // Where it is as it was, the same VM starts.
    expect((await actor.act({ do: 'start', vm, at: 'snailin' })).state).toBe('done')
  })
})

test('ports for migrations that are closed, and an address that is not there', async () => {
  const began = actor.calls.length
  const drop =
    'add table inet t; add chain inet t c { type filter hook input priority 0; }; add rule inet t c tcp dport 49152-49215 drop'
  await lab.host('snailin').shell(`nft '${drop}'`)
  const operation = await actor.act({ do: 'migrate', vm: 'mover', to: 'snailin', cold: false })
  await lab.host('snailin').shell('nft delete table inet t')
  expect(operation.steps[0]?.error).toContain(
    'snailin cannot run it: quark does not reach its port for migrations, 10.0.0.12 49215: no answer',
  )
  expect(touched(began)).toEqual([])
})

test('a capacity that would be broken', async () => {
  await expect(
    actor.plan({ do: 'migrate', vm: 'large', to: 'snailin', cold: false }),
  ).rejects.toThrow('large cannot go to snailin: ram short 1 GiB')
})

test('a VM that cannot migrate is named in the plan, with the reason', async () => {
  const plan = await actor.plan({ do: 'evacuate', hwm: 'quark', cold: false })
  expect(plan.unplaced).toContainEqual({
    vm: 'bound',
    kind: 'vm',
    why: 'cannot migrate: disk /var/lib/libvirt/images/own.img: no HWM that answers has it but quark',
  })
})

test('a VM that another operation has', async () => {
  const plan = await actor.plan({ do: 'migrate', vm: 'mover', to: 'snailin', cold: false })
  const { id } = await actor.commit({ do: 'migrate', vm: 'mover', to: 'snailin', cold: false })
  expect(plan.moves).toHaveLength(1)
  await expect(
    actor.commit({ do: 'migrate', vm: 'mover', to: 'snailin', cold: false }),
  ).rejects.toThrow(`operation ${id} has mover: wait for it, or cancel it`)
  const { unplaced } = await actor.plan({ do: 'evacuate', hwm: 'quark', cold: false })
  expect(unplaced).toContainEqual({ vm: 'mover', kind: 'vm', why: `operation ${id} has it` })
  expect((await actor.conduct(id, 'cancel')).state).toBe('cancelled')
})

test('a VM that runs elsewhere, without a permit there', async () => {
  await lab.host('snailin').virsh('start elsewhere')
  await until('it to be seen', async () => (await actor.vms())['elsewhere'] === 'running snailin')
  await expect(actor.plan({ do: 'start', vm: 'elsewhere' })).rejects.toThrow(
    'elsewhere runs already, on snailin',
  )
})

test('a host that is said to be off, and whose libvirt hangs while its guests run', async () => {
  const snailin = lab.host('snailin')
  await snailin.service('libvirtd', 'pause')
  await until('it to be seen down', async () => (await actor.hwms())['snailin'] === 'down', {
    limitMs: 60_000,
  })
  const off = { snailin: { by: 'word', how: 'the lamp is out' } } as const
  await expect(
    actor.commit({ do: 'evacuate', hwm: 'snailin', cold: false }, { off }),
  ).rejects.toThrow('snailin is said to be off, but it answers: its sshd lets us in')
  await snailin.service('libvirtd', 'continue')
})

test('in all of it, no VM ever ran twice', async () => {
  const { looks, doubleRuns } = await observer.report()
  expect(looks).toBeGreaterThan(0)
  expect(doubleRuns).toEqual([])
})
