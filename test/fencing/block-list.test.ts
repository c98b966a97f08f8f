import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { blockList, unblock, type RunScript } from '../../src/fencing/block-list.ts'
import { writeCeph } from './made-up-ceph.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'yasco-ceph-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const run: RunScript = (script, { args, timeoutMs }) => {
  const { status, stdout, stderr } = spawnSync('/bin/sh', ['-c', script, 'yasco', ...args], {
    encoding: 'utf8',
    timeout: timeoutMs,
    env: { ...process.env, PATH: `${folder}:${process.env.PATH}` },
  })
  return Promise.resolve({ status: status ?? -1, stdout, stderr })
}
const list = () => readFileSync(join(folder, 'list'), 'utf8')

test('the bare address goes onto the list for years, and is read back', async () => {
  writeCeph(folder)
  expect(await blockList(run, {}, '10.0.0.112')).toEqual(['10.0.0.112'])
  expect(list()).toBe('10.0.0.112\n')
  const [added] = readFileSync(join(folder, 'list.asked'), 'utf8').split('\n')
  expect(added).toBe('--connect-timeout 10 osd blocklist add 10.0.0.112 315360000')
})

test("the cluster file's configuration and user are passed", async () => {
  writeCeph(folder)
  await blockList(run, { conf: '/etc/ceph/x.conf', user: 'yasco' }, '10.0.0.112')
  expect(readFileSync(join(folder, 'list.asked'), 'utf8')).toContain(
    '--conf /etc/ceph/x.conf --id yasco osd blocklist add',
  )
})

test('cutting off twice is as once; letting in takes it away, also when it was not there', async () => {
  writeCeph(folder)
  await blockList(run, {}, '10.0.0.112')
  await blockList(run, {}, '10.0.0.112')
  await unblock(run, {}, '10.0.0.112')
  expect(list()).toBe('')
  await unblock(run, {}, '10.0.0.112')
})

test("what Ceph refuses is told in Ceph's words", async () => {
  writeCeph(folder, 'echo "Error EACCES: access denied" >&2; exit 13')
  await expect(blockList(run, {}, '10.0.0.112')).rejects.toThrow('Error EACCES: access denied')
})

test('an entry that is not shown afterwards is no barrier', async () => {
  writeCeph(folder, '[ "$2" = blocklist ] && exit 0')
  await expect(blockList(run, {}, '10.0.0.112')).rejects.toThrow(
    'took 10.0.0.112 onto its block-list, but does not show it there',
  )
})

test('an entry with a nonce does not cut an HWM off', async () => {
  writeCeph(folder, '[ "$2" = dump ] && echo \'{"blocklist": {"10.0.0.112:0/77": "x"}}\' && exit 0')
  await expect(blockList(run, {}, '10.0.0.112')).rejects.toThrow('does not show it there')
})

test('the list of Ceph 15 and of IPv6 is read too', async () => {
  writeCeph(folder, '[ "$2" = dump ] && echo \'{"blacklist": {"[fd00::1]:0/0": "x"}}\' && exit 0')
  expect(await blockList(run, {}, 'fd00::1')).toEqual(['fd00::1'])
})

test('a name nobody knows, and an answer that is no answer, are said', async () => {
  writeCeph(folder)
  await expect(blockList(run, {}, 'nowhere.invalid')).rejects.toThrow('has no address here')
  writeFileSync(join(folder, 'ceph'), '#!/bin/sh\n[ "$5" = dump ] || exit 0; echo broken\n')
  await expect(blockList(run, {}, '10.0.0.112')).rejects.toThrow("'osd dump' is not to be read")
})
