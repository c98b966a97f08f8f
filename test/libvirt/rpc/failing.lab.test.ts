// A real libvirtd that stops answering, or dies: each caller hears of it in time.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { openConnection, openHypervisor } from '../../../src/libvirt/open.ts'
import { connection } from '../../../src/libvirt/wire/procedures.ts'
import { HypervisorSession } from '../../../src/libvirt/session.ts'
import { startLibvirtd, until } from './libvirtd.ts'
import type { Libvirtd } from './libvirtd.ts'

let libvirtd: Libvirtd
beforeEach(async () => {
  libvirtd = await startLibvirtd()
})
afterEach(async () => {
  await libvirtd[Symbol.asyncDispose]()
})

/** The pid of libvirtd itself, as this machine counts. */
function pidOf(server: Libvirtd): number {
  for (const entry of readdirSync('/proc').filter(name => /^\d+$/.test(name))) {
    try {
      const line = readFileSync(`/proc/${entry}/cmdline`, 'utf8').split('\0')
      if (line[0] === 'libvirtd' && line.includes(`${server.folder}/libvirtd.conf`))
        return Number(entry)
    } catch (error) {
      // A process that ended while we looked.
      if (!(error instanceof Error)) throw error
    }
  }
  throw new Error('libvirtd is not there')
}

const uri = (): string => libvirtd.uri('test:///default')

test('a libvirtd that stands still: its calls end by their time limit, the connection by keepalive', async () => {
  await using opened = await openConnection(uri(), {
    readOnly: false,
    keepalive: { intervalMs: 200, count: 2 },
  })
  process.kill(pidOf(libvirtd), 'SIGSTOP')
  const started = performance.now()
  await expect(
    opened.call(connection.hostname, undefined, { timeoutMs: 100 }),
  ).rejects.toMatchObject({ name: 'CallTimedOut' })
  expect(performance.now() - started).toBeLessThan(1_000)
  await expect(opened.call(connection.hostname, undefined)).rejects.toThrow('no sign of life')
  expect(performance.now() - started).toBeLessThan(3_000)
  expect(opened.closed.aborted).toBe(true)
})

test('opening a libvirtd that stands still ends by its time limit', async () => {
  process.kill(pidOf(libvirtd), 'SIGSTOP')
  await expect(openHypervisor(uri(), { readOnly: true, timeoutMs: 300 })).rejects.toMatchObject({
    name: 'HypervisorUnreachable',
  })
})

test('the server pings us and keeps us, for as long as we answer', async () => {
  await using opened = await openConnection(uri(), { readOnly: false })
  expect((await opened.call(connection.hostname, undefined)).hostname).not.toBe('')
  expect(opened.closed.aborted).toBe(false)
})

test('a libvirtd that dies fails all pending calls at once', async () => {
  await using opened = await openConnection(uri(), { readOnly: false })
  const pid = pidOf(libvirtd)
  process.kill(pid, 'SIGSTOP')
  const calls = Promise.allSettled(
    Array.from({ length: 10 }, () => opened.call(connection.hostname, undefined)),
  )
  process.kill(pid, 'SIGKILL')
  for (const call of await calls)
    expect(call).toMatchObject({ reason: { name: 'HypervisorUnreachable' } })
})

test('a session survives a libvirtd that is killed and started again, and lists anew', async () => {
  const told: string[] = []
  await using session = new HypervisorSession({
    uri: uri(),
    readOnly: true,
    open: openHypervisor,
    listener: {
      status: status => told.push(status.state),
      listed: domains => told.push(`listed ${domains.map(domain => domain.name).join()}`),
      event: () => undefined,
      facts: facts => told.push(`libvirt ${facts.libvirtVersion}`),
    },
  })
  await until(() => told.length === 3)
  expect(told).toEqual(['up', 'listed test', expect.stringMatching(/^libvirt \d+\.\d+\.\d+$/)])
  const refreshed = await session.refresh()
  expect(refreshed?.domains.map(domain => domain.name)).toEqual(['test'])
  process.kill(pidOf(libvirtd), 'SIGKILL')
  await until(() => session.status.state !== 'up')
  expect(session.status.reason).not.toBe('')
  told.length = 0
  const init = execFileSync('pgrep', ['-P', `${libvirtd.process.pid}`], { encoding: 'utf8' }).trim()
  const restart = `libvirtd -d -f ${libvirtd.folder}/libvirtd.conf -p /run/again.pid`
  execFileSync('nsenter', ['-t', init, '-m', '-p', 'sh', '-c', restart])
  session.poke()
  await until(() => session.status.state === 'up')
  await until(() => told.includes('listed test'))
  expect(session.hypervisor).toBeDefined()
})
