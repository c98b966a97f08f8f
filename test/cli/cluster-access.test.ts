import { expect, test } from 'vitest'
import { findCluster } from '../../src/cli/cluster-access.ts'
import { parseLine } from '../../src/cli/parse-line.ts'
import { HEAD, World } from './world.ts'

async function find(line: string, env: Record<string, string> = {}) {
  const { options } = parseLine(line.split(' '))
  const io = { env, stdin: process.stdin, stdout: process.stdout, stderr: process.stderr }
  return findCluster({ options, io })
}

test('the options come first, then the variables', async () => {
  using world = new World()
  const file = world.file('c.yaml', `${HEAD}hwms: broken\n`)
  const fromFile = { cluster: 'test', etcd: { endpoints: ['http://memory:1'] } }
  expect(
    await find(`status --config ${file}`, { YASCO_ETCD: 'x:1', YASCO_CLUSTER: 'y' }),
  ).toMatchObject(fromFile)
  expect(await find('status', { YASCO_CONFIG: file })).toMatchObject(fromFile)
  expect(await find(`status --config ${file} --cluster other`)).toMatchObject({
    ...fromFile,
    cluster: 'other',
  })
  const given = { cluster: 'y', etcd: { endpoints: ['http://a:1', 'https://b:2'] } }
  expect(await find('status --etcd a:1,https://b:2 --cluster y', { YASCO_CONFIG: file })).toEqual(
    given,
  )
  expect(await find('status', { YASCO_ETCD: 'a:1,https://b:2', YASCO_CLUSTER: 'y' })).toEqual(given)
})

test.each([
  ['status', {}, 'which cluster? Give --config FILE'],
  ['status --config /nowhere', {}, '/nowhere cannot be read: there is no such file'],
  ['status --etcd a:1 --cluster a/b', {}, "--cluster: found 'a/b'"],
  [
    'status --etcd http://u:secret@a:1 --cluster x',
    {},
    '--etcd: found an endpoint with a user or password in it',
  ],
  ['status --etcd , --cluster x', {}, '--etcd needs at least one endpoint'],
])('%s is wrong use', async (line, env, message) => {
  await expect(find(line, env)).rejects.toThrow(message)
  await expect(find(line, env)).rejects.toHaveProperty('status', 2)
  await expect(find(line, env)).rejects.not.toThrow('secret')
})
