// A session with a real host over real SSH, while the host loses power, comes back, and loses its cable.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { openHypervisor } from '../../../src/libvirt/open.ts'
import { HypervisorSession } from '../../../src/libvirt/session.ts'
import type { SessionStatus } from '../../../src/libvirt/session.ts'
import { monotonicMs } from '../../../src/model/clock.ts'
import { Lab } from '../../lab/index.ts'
import { until } from '../rpc/libvirtd.ts'

let lab: Lab
let folder: string
let uri: string
let session: HypervisorSession | undefined

beforeAll(async () => {
  lab = await Lab.up({
    name: 'libvirt-session',
    hosts: { hosts: { quark: {} }, vms: { one: { home: 'quark' }, two: { home: 'quark' } } },
  })
  // The test reaches the host's sshd through a port of the loopback: its key is known under that name, too.
  const { port } = await lab.forward('quark', 22)
  folder = mkdtempSync(join(tmpdir(), 'yasco-session-'))
  const known = readFileSync(lab.layout.ssh.knownHosts, 'utf8')
    .split('\n')
    .filter(line => line.includes('quark'))
    .map(line => line.replace(/^\S+/, `[127.0.0.1]:${port}`))
  const knownHosts = join(folder, 'known_hosts')
  writeFileSync(knownHosts, `${known.join('\n')}\n`)
  uri = `qemu+ssh://root@127.0.0.1:${port}/system?keyfile=${lab.layout.ssh.key}&known_hosts=${knownHosts}`
})
afterEach(async () => {
  await session?.[Symbol.asyncDispose]()
  await lab.host('quark').start()
})
afterAll(async () => {
  await lab[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})

interface Seen {
  readonly statuses: SessionStatus[]
  readonly lists: string[][]
  readonly events: string[]
}

function begin(timeoutMs = 5_000): Seen {
  const seen: Seen = { statuses: [], lists: [], events: [] }
  session = new HypervisorSession({
    uri,
    readOnly: true,
    open: openHypervisor,
    timeoutMs,
    listener: {
      status: status => void seen.statuses.push(status),
      listed: domains =>
        void seen.lists.push(domains.map(({ name, state }) => `${name} ${state}`).sort()),
      event: ({ domain, kind, detail }) =>
        void seen.events.push(`${domain.name} ${kind} ${detail}`),
      facts: () => undefined,
    },
  })
  return seen
}

const state = (): string => session?.status.state ?? 'none'

test('over SSH: lists, hears events, refreshes', async () => {
  const seen = begin()
  await until(() => state() === 'up')
  expect(seen.lists).toEqual([['one running', 'two running']])
  await lab.host('quark').virsh('suspend two', 'resume two')
  await until(() => seen.events.length >= 2)
  expect(seen.events).toEqual(['two suspended paused', 'two resumed unpaused'])
  const refreshed = await session?.refresh()
  expect(refreshed?.domains.map(domain => domain.name).sort()).toEqual(['one', 'two'])
  expect(refreshed?.host?.memoryTotal).toBeGreaterThan(0)
})

test('a power cut shows within 11 s, with its reason; after the boot everything is listed again', async () => {
  const seen = begin()
  await until(() => state() === 'up')
  const cutAt = monotonicMs()
  await lab.host('quark').kill()
  await until(() => state() === 'down', 20_000)
  expect(monotonicMs() - cutAt).toBeLessThan(11_000)
  expect(session?.status.reason).toMatch(/no sign of life|lost|timed out|no answer/i)
  const { since } = session?.status ?? { since: 0 }
  await until(() => seen.statuses.filter(status => status.state === 'down').length > 3, 20_000)
  expect(session?.status.since).toBe(since)
  await lab.host('quark').start()
  session?.poke()
  await until(() => state() === 'up', 40_000)
  expect(seen.lists.at(-1)).toEqual(['one shutoff', 'two shutoff'])
})

test('libvirtd dies, sshd lives: refused at once, as the host is not dead', async () => {
  const seen = begin()
  await until(() => state() === 'up')
  await lab.host('quark').service('libvirtd', 'kill')
  await until(() => state() === 'refused', 10_000)
  expect(session?.status.reason).toContain('libvirt-sock')
  await lab.host('quark').service('libvirtd', 'start')
  session?.poke()
  await until(() => state() === 'up', 20_000)
  expect(seen.lists.length).toBeGreaterThan(1)
})

test('libvirtd stands still: a refresh without an answer shows it, sooner than keepalive', async () => {
  begin(1_000)
  await until(() => state() === 'up')
  await lab.host('quark').service('libvirtd', 'pause')
  const pausedAt = monotonicMs()
  expect(await session?.refresh()).toBeUndefined()
  await until(() => state() === 'down', 2_000)
  expect(monotonicMs() - pausedAt).toBeLessThan(3_000)
  await lab.host('quark').service('libvirtd', 'continue')
  await until(() => state() === 'up', 20_000)
})
