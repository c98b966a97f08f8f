// `yasco demo` without a terminal: the story as text, quickly, and status 0.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const program = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const demo = (...options: string[]) =>
  promisify(execFile)(process.execPath, ['--no-warnings', program, 'demo', ...options])

test('it tells what befell the three hosts, the same each time', async () => {
  const [{ stdout, stderr }, again] = await Promise.all([demo(), demo()])
  expect(stderr).toBe('')
  expect(stdout).toMatch(/^> 40\.0 kill quark$/m)
  expect(stdout).toMatch(/46\.0 error quark does not answer; 4 VMs ran there/)
  expect(stdout).toMatch(/win7-vmm2 restarted on snailin, was on quark/)
  expect(stdout).toMatch(/quark answers again/)
  expect(stdout).toMatch(/etcd answers again/)
  expect(again.stdout).toBe(stdout)
}, 30_000)

test("a size of one's own has a story too", async () => {
  const { stdout } = await demo('--size', '200x2000', '--seed', '4')
  expect(stdout).toMatch(/^# 200 HWMs, 2000 VMs/)
  expect(stdout).toMatch(/r1-n01 does not answer; 10 VMs ran there/)
  expect(stdout).toMatch(/r1-n01 answers again/)
}, 30_000)

test('a size that is none is wrong use', async () => {
  for (const size of ['3', '0x5', '3x', '999999x1'])
    await expect(demo('--size', size)).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('expected HWMSxVMS'),
    })
}, 30_000)
