import { randomUUID } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Lab } from '../lab/index.ts'
import type { Observer } from '../lab/observer.ts'
import { until } from '../lab/processes.ts'
import { Actor, type Part } from './actor.ts'
import { beatOf, untilBeats, untilBoot } from './yasco.ts'

// The storage barrier with a real Ceph: its monitor keeps the block-list, and needs neither an OSD nor an MDS for that. That an entry stops all
// I/O of a host is Ceph's own business; that it is there before the VM starts, and gone when the host is let in, is ours.

const part: Part = { name: 'disks', vms: ['disks'], ceph: { conf: '/srv/ceph/ceph.conf' } }

let lab: Lab
let observer: Observer
let actor: Actor

beforeAll(async () => {
  lab = await Lab.up({
    name: 'ceph',
    hosts: {
      hosts: {
        quark: { hwm: { capacity: { cpu: 64 } } },
        snailin: { hwm: { capacity: { cpu: 64 } } },
        andreys: { etcd: true, hwm: { capacity: { cpu: 64 }, fallback: false } },
      },
      vms: { disks: { home: 'quark', vm: { ha: true } } },
    },
  })
  await startMonitor()
  observer = await lab.observe()
  actor = await Actor.start(lab, [part])
})
afterAll(async () => {
  await actor?.[Symbol.asyncDispose]()
  await observer?.[Symbol.asyncDispose]()
  await lab?.down()
})

/** On andreys: it ends with that host's power. Its data are in memory. */
async function startMonitor(): Promise<void> {
  const folder = `${lab.layout.shared}/ceph`
  const { address } = lab.host('andreys')
  const monitor = `[v2:${address}:3300,v1:${address}:6789]`
  const fsid = randomUUID()
  mkdirSync(folder)
  writeFileSync(
    `${folder}/ceph.conf`,
    [
      '[global]',
      `fsid = ${fsid}`,
      `mon_host = ${monitor}`,
      ...['cluster', 'service', 'client'].map(side => `auth_${side}_required = none`),
      'run_dir = /run/ceph',
      'admin_socket = /run/ceph/$name.$pid.asok',
      'crash_dir = /run/ceph',
      'log_file = /run/ceph/$name.log',
      'mon_data = /run/ceph/mon',
      'paxos_propose_interval = 0.1',
      'paxos_min_wait = 0.01',
      '',
    ].join('\n'),
  )
  await lab
    .host('andreys')
    .shell(
      [
        'mkdir -p /run/ceph/mon',
        `monmaptool --create --fsid ${fsid} --addv a '${monitor}' /run/ceph/monmap`,
        'ceph-mon -c /srv/ceph/ceph.conf -i a --mkfs --monmap /run/ceph/monmap',
        'setsid ceph-mon -c /srv/ceph/ceph.conf -i a -f </dev/null >/dev/null 2>&1 &',
      ].join('\n'),
    )
  expect(await blockListed()).toEqual([])
}

async function blockListed(): Promise<string[]> {
  const dump = await lab
    .host('andreys')
    .shell('ceph -c /srv/ceph/ceph.conf --connect-timeout 20 osd dump --format json', {
      timeoutMs: 30_000,
    })
  const { blocklist } = JSON.parse(dump) as { readonly blocklist: Readonly<Record<string, string>> }
  return Object.keys(blocklist)
}

test("a dead host is on Ceph's block-list before its VM starts elsewhere", async () => {
  const { boots } = await untilBeats(lab, 'disks', undefined)
  await lab.host('quark').kill()
  const disks = actor.on(part.name)
  await until('quark to be seen down', async () => (await disks.hwms())['quark'] === 'down', {
    limitMs: 40_000,
  })
  const evacuation = { do: 'evacuate', hwm: 'quark', cold: false } as const
  const { id } = await disks.commit(evacuation, {
    off: { quark: { by: 'word', how: 'the lab killed it' } },
  })
  const { reached } = await disks.hold('etcd permits moved #1')
  const conducted = disks.conduct(id)
  await reached
  // The bare address: an entry with a nonce would let new mounts in.
  expect(await blockListed()).toEqual([`${lab.host('quark').address}:0/0`])
  await disks.go()
  expect((await conducted).state).toBe('done')
  expect((await untilBoot(lab, 'disks', boots + 1)).boots).toBe(boots + 1)
})

test('when it is back and let in, its entry is gone', async () => {
  await lab.host('quark').start()
  const disks = actor.on(part.name)
  await until('quark to be seen up', async () => (await disks.hwms())['quark'] === 'up', {
    limitMs: 40_000,
  })
  const { boots } = beatOf(lab, 'disks')
  expect((await disks.act({ do: 'homecoming' })).state).toBe('done')
  expect(await blockListed()).toEqual([])
  expect((await untilBeats(lab, 'disks', beatOf(lab, 'disks'))).boots).toBe(boots)
})

test('in all of it, no VM ever ran twice', async () => {
  const { looks, doubleRuns } = await observer.report()
  expect(looks).toBeGreaterThan(100)
  expect(doubleRuns).toEqual([])
})
