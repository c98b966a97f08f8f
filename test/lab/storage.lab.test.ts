// A shared folder that hangs on one host, as CephFS does when its servers are gone.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Lab } from './index.ts'
import { processOf, until } from './processes.ts'
import { lastBeat } from './serial-log.ts'

let lab: Lab
beforeAll(async () => {
  lab = await Lab.up({
    name: 'test-storage',
    hosts: {
      hosts: { a: { storage: 'fuse' }, b: { storage: 'fuse' }, c: {} },
      vms: { guest: { home: 'a' } },
    },
  })
})
afterAll(() => lab?.down())

test('it is one folder for all hosts', async () => {
  await lab.host('a').shell('echo seen >/srv/note')
  for (const name of ['b', 'c']) {
    expect(await lab.host(name).shell('cat /srv/note')).toBe('seen\n')
  }
  expect(await lab.host('a').shell('cat /proc/self/mounts')).toMatch(/ \/srv fuse /)
})

test('a guest moves on it without running twice', async () => {
  await using observer = await lab.observe()
  const uri = `qemu+tcp://${lab.host('b').address}/system`
  const flags = '--live --unsafe --persistent --undefinesource'
  await lab.host('a').virsh(`migrate ${flags} guest ${uri}`)
  const seen = lab.serial('guest').length
  await until('it to go on', () => lab.serial('guest').length > seen)
  expect(lastBeat(lab.serial('guest'))?.boots).toBe(1)
  expect((await observer.stop()).doubleRuns).toEqual([])
})

test('who reads it while it hangs cannot even be killed; the others go on; power cuts end it', async () => {
  await lab.host('b').service('storage', 'pause')
  const reader = lab.host('b').spawn(['cat', '/srv/domains/guest.xml'], { stdio: 'ignore' })
  const inner = await until('the reader to be in the host', () => {
    return lab
      .host('b')
      .processes()
      .find(({ words }) => words[0] === 'cat')
  })
  process.kill(inner.pid, 'SIGKILL')
  const before = lastBeat(lab.serial('guest'))?.ticks ?? 0
  await until('20 ticks', () => (lastBeat(lab.serial('guest'))?.ticks ?? 0) > before + 20)
  expect(processOf(inner.pid)).toMatchObject({ startTime: inner.startTime })
  expect(await lab.host('a').shell('cat /srv/note')).toBe('seen\n')

  await lab.host('b').kill()
  expect(processOf(inner.pid)).toBe(undefined)
  await until('the reader to end', () => reader.exitCode !== null || reader.signalCode !== null)
  await lab.host('b').start()
  expect(await lab.host('b').shell('cat /srv/note')).toBe('seen\n')
})

test('it comes back', async () => {
  await lab.host('b').service('storage', 'pause')
  const reading = lab.host('b').shell('cat /srv/note')
  await until('the reader to be in the host', () => {
    return lab
      .host('b')
      .processes()
      .some(({ words }) => words[0] === 'cat')
  })
  await lab.host('b').service('storage', 'continue')
  expect(await reading).toBe('seen\n')
})
