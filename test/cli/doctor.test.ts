import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { etcdChecks } from '../../src/cli/doctor/cluster-checks.ts'
import { hwmChecks } from '../../src/cli/doctor/hwm-checks.ts'
import type { HwmFacts } from '../../src/cli/doctor/gather.ts'
import { readProbe } from '../../src/cli/doctor/probe.ts'
import { parseClusterFile } from '../../src/model/cluster-file/parse.ts'
import { guestXml, HEAD, twoHosts, World } from './world.ts'

const member = (endpoint: string, reachable = true, leader = false) => ({
  endpoint,
  reachable,
  leader,
  reason: reachable ? '' : 'connection refused',
})

describe('etcd', () => {
  test.each([
    [
      'three members',
      [member('a', true, true), member('b'), member('c')],
      ['ok quorum: 3 of 3 members answer, leader a'],
    ],
    [
      'one lost',
      [member('a', true, true), member('b'), member('c', false)],
      [
        'ok quorum: 2 of 3 members answer, leader a',
        'warn member: c does not answer: connection refused',
      ],
    ],
    [
      'two lost',
      [member('a'), member('b', false), member('c', false)],
      [
        'fail quorum: 1 of 3 members answer, 2 are needed',
        'warn member: b does not answer: connection refused',
        'warn member: c does not answer: connection refused',
      ],
    ],
    [
      'one alone',
      [member('a', true, true)],
      ['ok quorum: 1 of 1 members answer, leader a', 'warn members: one endpoint'],
    ],
    [
      'no leader',
      [member('a'), member('b'), member('c')],
      ['fail quorum: 3 of 3 members answer, and none of them leads'],
    ],
  ])('%s', (_, members, expected) => {
    expect(
      etcdChecks(members).map(({ result, name, found }) => `${result} ${name}: ${found}`),
    ).toEqual(expected)
  })
})

describe('one HWM', () => {
  const file = `${HEAD}domains: /srv/domains
hwms:
  a:
    libvirt: qemu+ssh://a/system
    watchdog: /dev/watchdog
    fence: [{agent: fence_ipmilan, options: {ip: x}}]
  b: {libvirt: qemu+ssh://b/system}
`
  const parsed = parseClusterFile(file, 'c.yaml')
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  const { config } = parsed
  const hwm = config.hwms[0] ?? unnamed()

  function unnamed(): never {
    throw new Error('the file has no HWM')
  }

  function judged(output: string, more: Partial<HwmFacts> = {}): readonly string[] {
    const facts: HwmFacts = {
      hwm,
      libvirt: { ok: false, why: 'not asked' },
      probe: { ok: true, value: readProbe(output) },
      clock: { ok: true, value: { ms: 0, uncertainty: 5 } },
      stored: { ok: true, value: ['x'] },
      copies: { ok: false, why: 'not asked' },
      ...more,
    }
    return hwmChecks(facts, config).map(({ result, name, found }) => `${result} ${name}: ${found}`)
  }

  test('as it should be', () => {
    const output =
      'guests=disabled\nbridge=br0\nwatchdog=yes\nagent=fence_ipmilan\nport=closed b\nmounts=\nceph-fuse /srv fuse.ceph-fuse rw 0 0\n'
    expect(judged(output).slice(1)).toEqual([
      'ok watchdog: /dev/watchdog',
      'ok fence agent: fence_ipmilan',
      'ok migration to b: its ports can be reached',
      'ok clock: agrees with the clock here',
      'ok domain store: /srv/domains (fuse.ceph-fuse on /srv), XML of 1 VMs',
    ])
  })

  test('as it should not be', () => {
    const output = 'guests=enabled\nport=filtered b\nmounts=\n/dev/sda1 / ext4 rw 0 0\n'
    const clock = { ok: true, value: { ms: -65_000, uncertainty: 5 } } as const
    expect(judged(output, { clock })).toEqual([
      'fail libvirt: not asked',
      'warn libvirt-guests: it starts and stops VMs at boot and shutdown',
      'fail watchdog: there is no device /dev/watchdog',
      'fail fence agent: fence_ipmilan is not installed',
      'fail migration to b: no answer from its port 49152',
      'warn clock: 1 min 4 s behind the clock here',
      'warn domain store: /srv/domains (ext4 on /), XML of 1 VMs: no CephFS',
    ])
  })

  test('a server certificate that is not checked is said loudly', () => {
    const about = (libvirt: string): readonly string[] =>
      judged('', { hwm: { ...hwm, libvirt } }).filter(line => line.includes('certificate'))
    expect(about('qemu+tls://a/system?no_verify=1')).toEqual([
      'warn server certificate: NOT CHECKED (no_verify): whoever answers at its address is obeyed',
    ])
    for (const checked of ['qemu+tls://a/system', 'qemu+tls://a/system?no_verify=0'])
      expect(about(checked)).toEqual([])
  })

  test('what could not be asked is unknown; a store that hangs fails', () => {
    const probe = { ok: false, why: 'no shell' } as const
    const stored = { ok: false, why: '/srv/domains on a gave no answer within 5000 ms' } as const
    expect(judged('', { probe, clock: probe, stored })).toEqual([
      'fail libvirt: not asked',
      'unknown host: no shell',
      'fail domain store: /srv/domains: /srv/domains on a gave no answer within 5000 ms',
    ])
  })

  test('a clock within the uncertainty of its reading is no finding', () => {
    const clock = { ok: true, value: { ms: 1500, uncertainty: 900 } } as const
    expect(judged('', { clock })).toContain('ok clock: agrees with the clock here')
  })
})

describe('a whole cluster', () => {
  let world: World
  let config: string
  beforeEach(async () => {
    world = new World()
    // Names of hosts that are made up cannot be reached; this machine can.
    const text = readFileSync(twoHosts(world), 'utf8').replaceAll(
      '/system}',
      '/system, migration: 127.0.0.1}',
    )
    config = world.file('cluster.yaml', text)
    mkdirSync(join(world.folder, 'domains'))
    await world.run(`apply -f ${config} --yes`)
  })
  afterEach(() => world[Symbol.dispose]())

  async function checks(): Promise<readonly string[]> {
    const { out } = await world.run(`doctor --config ${config} --json`)
    const value = JSON.parse(out)
    expect(value).toMatchObject({ apiVersion: 'yasco/v1', kind: 'Doctor' })
    return value.checks.map(
      (check: Record<string, string>) =>
        `${check['result']} ${check['about']} ${check['name']}: ${check['found']}`,
    )
  }

  test('XML that was never dumped fails, and does not after a dump', async () => {
    expect(await checks()).toContain('fail cluster domain XML: none is stored for one, two')
    expect((await world.run(`doctor --config ${config}`)).status).toBe(1)
    await world.run(`dump --config ${config} --yes`)
    const after = await checks()
    expect(after).toContain('ok cluster domain XML: stored for every VM, by the hash in etcd')
    for (const hwm of ['a', 'b'])
      expect(after).toContainEqual(
        expect.stringMatching(
          new RegExp(
            `^ok hwm ${hwm} copies: of 2 VMs on its own disk, by the hash in etcd, the oldest of [\\d.]+ m?s ago$`,
          ),
        ),
      )
    expect(after).toContain('ok vm one moving: could run on b')
    expect(after.filter(line => line.startsWith('fail'))).toEqual([])
    const { status, out } = await world.run(`doctor --config ${config}`)
    expect(status).toBe(0)
    expect(out).toMatch(/hwm a\n {2}ok {7}libvirt: 9\.0\.0, QEMU 7\.2\.0, answers in \d+ m?s/)
  })

  test('copies on an HWM’s own disk: one that is gone, one that was changed', async () => {
    await world.run(`dump --config ${config} --yes`)
    const on = (hwm: string) =>
      join(world.disk(`qemu+ssh://root@${hwm}/system`), 'lib/libvirt/yasco/test')
    rmSync(join(on('a'), 'one.xml'))
    writeFileSync(join(on('b'), 'two.xml'), guestXml('two').replace('two', 'three'))
    const found = await checks()
    expect(found).toContain('warn hwm a copies: no copy on its own disk of one')
    expect(found).toContain("warn hwm b copies: its copy differs from etcd's hash: two")
    await world.run(`dump --config ${config} --yes`)
    expect((await checks()).filter(line => /copies: (?!of 2 VMs)/.test(line))).toEqual([])
  })

  test('libvirt’s own autostart, a secret, a network and a bridge that are missing elsewhere', async () => {
    const disk =
      "<disk type='network'><auth username='x'><secret type='ceph' uuid='bbbbbbbb-0000-4000-8000-000000000002'/></auth><source protocol='rbd' name='p/i'><host name='h'/></source><target dev='vda'/></disk>"
    const nets =
      "<interface type='network'><source network='lan'/></interface><interface type='bridge'><source bridge='yasco-no-bridge'/></interface>"
    world.hosts.set('qemu+ssh://root@a/system', {
      hostname: 'a',
      domains: [{ name: 'one', xml: guestXml('one', disk + nets), autostart: true }],
    })
    const found = await checks()
    expect(found).toContain(
      'fail hwm a autostart: libvirt itself starts one at boot, wherever they run then',
    )
    expect(found).toContain(
      "fail vm one moving to b: no active network 'lan'; no bridge 'yasco-no-bridge'; no ceph secret bbbbbbbb-0000-4000-8000-000000000002",
    )
  })

  test('a disk that only its host has', async () => {
    const disk =
      "<disk type='file' device='disk'><source file='/var/lib/images/x.img'/><target dev='vda'/></disk>"
    world.hosts.set('qemu+ssh://root@a/system', {
      hostname: 'a',
      domains: [{ name: 'one', xml: guestXml('one', disk) }],
    })
    expect(await checks()).toContain(
      'fail vm one moving: disk vda: /var/lib/images/x.img is not on shared storage',
    )
  })

  test('an HWM that does not answer is a failure of that HWM, and the rest is examined', async () => {
    world.hosts.set('qemu+ssh://root@b/system', { hostname: 'b', isDown: true })
    const found = await checks()
    expect(found).toContain('fail hwm b libvirt: qemu+ssh://root@b/system: connection timed out')
    expect(found).toContain('unknown hwm b host: qemu+ssh://root@b/system: connection timed out')
    expect(found.some(line => line.startsWith('ok hwm a libvirt'))).toBe(true)
  })

  test('etcd without a quorum is all that is said', async () => {
    world.etcd.loseQuorum(true)
    const { status, out } = await world.run(`doctor --config ${config}`)
    expect([status, out]).toEqual([1, expect.stringContaining('bring members back')])
  })
})
