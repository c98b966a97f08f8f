import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { fenceAgent } from '../../src/fencing/agent.ts'
import { powerOff } from '../../src/fencing/power-off.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'yasco-fence-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** An executable in the style of the fence agents: keeps its state and what it was told in files. */
function agent(body: string) {
  const path = join(folder, 'fence_made_up')
  writeFileSync(
    path,
    `#!/bin/sh\ncat > ${folder}/input\naction=$(sed -n 's/^action=//p' ${folder}/input)\n${body}\n`,
  )
  chmodSync(path, 0o755)
  return path
}

const wellBehaved = `case $action in
  status) [ -e "$(dirname "$0")/is-off" ] && exit 2; exit 0;;
  off) touch "$(dirname "$0")/is-off";;
  on) rm -f "$(dirname "$0")/is-off";;
esac`

test('status 0 is on, 2 is off', async () => {
  const device = fenceAgent({ agent: agent(wellBehaved), options: { ip: '10.0.1.112' } })
  expect(await device.power()).toBe('on')
  await device.off()
  expect(await device.power()).toBe('off')
  await device.on()
  expect(await device.power()).toBe('on')
  expect(device.label).toContain('10.0.1.112')
})

test('options go in as lines, a secret by its file', async () => {
  writeFileSync(join(folder, 'secret'), 'hush\n')
  const device = fenceAgent({
    agent: agent(wellBehaved),
    options: { ip: '10.0.1.112', username: 'admin', 'password-file': join(folder, 'secret') },
  })
  await device.power()
  expect(readFileSync(join(folder, 'input'), 'utf8').split('\n').sort()).toEqual([
    '',
    'action=status',
    'ip=10.0.1.112',
    'password=hush',
    'username=admin',
  ])
})

test("every other status is no answer, told with the agent's last words", async () => {
  const device = fenceAgent({
    agent: agent('echo first; echo "Unable to connect" >&2; exit 1'),
    options: {},
  })
  await expect(device.power()).rejects.toThrow("'status' failed with status 1: Unable to connect")
})

test('off is not proof when the reading says on', async () => {
  const device = fenceAgent({
    agent: agent('[ "$action" = status ] && exit 0; exit 0'),
    options: {},
  })
  const verdict = await powerOff([device], { perDeviceMs: 1 })
  expect(verdict.off).toBe(false)
})

test('an agent that hangs is ended at its time limit', async () => {
  const device = fenceAgent({ agent: agent('exec tail -f /dev/null'), options: {} })
  await expect(device.power({ timeoutMs: 50 })).rejects.toThrow(
    "gave no answer to 'status' in 50 ms",
  )
})

test('an executable or a secret that is not there is said', async () => {
  const missing = fenceAgent({ agent: join(folder, 'fence_nowhere'), options: {} })
  await expect(missing.power()).rejects.toThrow('cannot be run')
  const secretless = fenceAgent({
    agent: agent(wellBehaved),
    options: { 'password-file': '/nowhere/x' },
  })
  await expect(secretless.power()).rejects.toThrow(
    'option password-file: /nowhere/x cannot be read',
  )
})

test('an HWM without devices gives no proof', async () => {
  expect(await powerOff([])).toEqual({ off: false, attempts: ['it has no fence device'] })
})
