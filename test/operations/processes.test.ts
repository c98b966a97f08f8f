// The shell that looks for QEMUs, with real processes: it says gone only of what it could have seen.
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { RunFailed } from '../../src/domains/store.ts'
import { LIMITS, looking, running } from './processes-stage.ts'

test('a process is found by its uuid, is there while it lives, and gone once it has ended', async () => {
  const uuid = randomUUID()
  const processes = await looking()
  const child = await running(uuid)
  const [found, ...others] = await processes.find(uuid, LIMITS)
  expect(others).toEqual([])
  expect(found).toMatchObject({ pid: child.pid, isQemu: false })
  if (!found) throw new Error('it was found')
  expect(await processes.isGone(found, LIMITS)).toBe(false)
  // The same number, started at another time, is another process.
  expect(await processes.isGone({ ...found, startTime: '1' }, LIMITS)).toBe(true)
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(await processes.isGone(found, LIMITS)).toBe(true)
  expect(await processes.find(uuid, LIMITS)).toEqual([])
})

test('a shell that can open no file says so, and never that a process is gone', async () => {
  const uuid = randomUUID()
  const child = await running(uuid)
  const [found] = await (await looking()).find(uuid, LIMITS)
  expect(found?.pid).toBe(child.pid)
  if (!found) throw new Error('it was found')
  const blind = await looking(command => `ulimit -n 3; exec ${command}`)
  await expect(blind.isGone(found, LIMITS)).rejects.toThrow(RunFailed)
  await expect(blind.find(uuid, LIMITS)).rejects.toThrow(RunFailed)
})
