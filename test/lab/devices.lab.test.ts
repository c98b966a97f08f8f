// What stands outside of the hosts and has power over them: fence devices and watchdogs.
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { monotonicMs } from '../../src/model/clock.ts'
import type { Forward } from './dialer.ts'
import { Lab } from './index.ts'
import { redfishPort, watchdogDevice, watchdogTimeoutFile } from './layout.ts'
import { until } from './processes.ts'

const watchdogSeconds = 1

let lab: Lab
let redfish: Forward
beforeAll(async () => {
  lab = await Lab.up({
    name: 'test-devices',
    hosts: {
      hosts: {
        one: { watchdog: { timeout: watchdogSeconds } },
        two: { watchdog: { timeout: watchdogSeconds, reboots: true } },
      },
      vms: { guest: { home: 'one' } },
    },
  })
  redfish = await lab.forward('management', redfishPort)
})
afterAll(() => lab?.down())

interface System {
  PowerState: string
  UUID: string
}

function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const password = readFileSync(lab.layout.devicePassword, 'utf8').trim()
  const authorization = `Basic ${Buffer.from(`${lab.layout.deviceUser}:${password}`).toString('base64')}`
  const url = `http://${redfish.host}:${redfish.port}/redfish/v1/Systems/${path}`
  return fetch(url, { headers: { authorization }, ...init })
}

async function system(host: string): Promise<System> {
  return (await (await ask(host)).json()) as System
}

async function reset(host: string, type: string): Promise<number> {
  const body = JSON.stringify({ ResetType: type })
  return (await ask(`${host}/Actions/ComputerSystem.Reset`, { method: 'POST', body })).status
}

async function untilPower(host: string, state: string): Promise<void> {
  await until(`${host} to be ${state}`, async () => (await system(host)).PowerState === state)
}

describe('the Redfish service', () => {
  test('takes a host its power and gives it back', async () => {
    expect(await system('one')).toMatchObject({
      PowerState: 'On',
      UUID: lab.host('one').layout.uuid,
    })
    expect(await reset('one', 'ForceOff')).toBe(204)
    await untilPower('one', 'Off')
    expect(lab.host('one').isUp()).toBe(false)
    expect(await reset('one', 'ForceOff')).toBe(409)
    expect(await reset('one', 'On')).toBe(204)
    await untilPower('one', 'On')
    expect(await lab.host('one').run(['hostname'])).toBe('one\n')
  })

  test('lets in nobody without the password, and knows no other hosts', async () => {
    expect((await ask('one', { headers: {} })).status).toBe(401)
    expect((await ask('three')).status).toBe(404)
  })

  test('shows what a bad device does', async () => {
    const host = lab.host('one')
    host.setDevice({ ignores: true })
    expect(await reset('one', 'ForceOff')).toBe(204)
    expect((await system('one')).PowerState).toBe('On')
    host.setDevice({ refuses: true })
    expect(await reset('one', 'ForceOff')).toBe(500)
    host.setDevice({ wiredTo: 'two' })
    expect((await system('one')).UUID).toBe(lab.host('two').layout.uuid)
    host.setDevice({ silent: true })
    await expect(ask('one', { signal: AbortSignal.timeout(300) })).rejects.toThrow('timeout')
    expect(host.isUp()).toBe(true)
    host.setDevice({ transitionMs: 300 })
    await reset('one', 'ForceOff')
    expect((await system('one')).PowerState).toBe('PoweringOff')
    await untilPower('one', 'Off')
    host.setDevice({})
    await host.start()
  })

  test('keeps its power over a host whose cable is cut', async () => {
    await lab.host('one').cut()
    await reset('one', 'ForceOff')
    await untilPower('one', 'Off')
    expect(lab.host('one').isUp()).toBe(false)
    await lab.host('one').join()
    await lab.host('one').start()
  })
})

describe('the fence agent', () => {
  /** Runs it on a host, as a daemon there would. */
  async function agent(action: string, more: Record<string, string> = {}) {
    const options = {
      action,
      plug: 'one',
      url: `http://10.0.0.2:${redfishPort}`,
      username: lab.layout.deviceUser,
      password_file: lab.layout.devicePassword,
      ...more,
    }
    const input = Object.entries(options).map(([name, value]) => `${name}=${value}\n`)
    const executable = new URL('fence_lab', import.meta.url).pathname
    return lab.host('two').attempt([executable], { input: input.join('') })
  }

  test('tells on from off by its exit status, and off means read back', async () => {
    expect(await agent('status')).toMatchObject({ status: 0, stdout: 'Status: ON\n' })
    expect(await agent('off')).toMatchObject({ status: 0, stdout: 'Success: Powered OFF\n' })
    expect(lab.host('one').isUp()).toBe(false)
    expect(await agent('status')).toMatchObject({ status: 2, stdout: 'Status: OFF\n' })
    expect((await agent('off')).status).toBe(0)
    expect((await agent('on')).status).toBe(0)
    expect(lab.host('one').isUp()).toBe(true)
  })

  test('fails where the device does not do what it says', async () => {
    lab.host('one').setDevice({ ignores: true })
    expect((await agent('off', { power_timeout: '0.3' })).status).toBe(1)
    lab.host('one').setDevice({})
    expect((await agent('status', { username: 'nobody' })).status).toBe(1)
    expect((await agent('juggle')).status).toBe(1)
    expect((await agent('monitor')).status).toBe(0)
    expect((await agent('list')).stdout).toBe('one,\ntwo,\n')
    expect((await agent('metadata')).stdout).toContain('<resource-agent name="fence_lab"')
  })
})

describe('the watchdog', () => {
  const kick = (host: string) => lab.host(host).shell(`printf . >${watchdogDevice}`)

  test('tells its timeout, and does nothing while nobody has armed it', async () => {
    const told = await lab.host('one').run(['cat', watchdogTimeoutFile])
    expect(Number(told)).toBe(watchdogSeconds)
    expect(lab.host('one').isUp()).toBe(true)
  })

  test('resets a host when it is not kicked any more', async () => {
    const { pid } = lab.host('one').firstProcess()
    const end = monotonicMs() + 3 * watchdogSeconds * 1000
    while (monotonicMs() < end) await kick('one')
    expect(lab.host('one').firstProcess().pid).toBe(pid)
    const lastKick = monotonicMs()
    await until('the reset', () => !lab.host('one').isUp(), { everyMs: 5 })
    const took = (monotonicMs() - lastKick) / 1000
    expect(took).toBeLessThan(watchdogSeconds + 0.5)
    expect(took).toBeGreaterThan(watchdogSeconds - 0.2)
    await lab.host('one').start()
  })

  test('lets a host boot again where it is set so', async () => {
    const boot = lab.host('two').bootId()
    await kick('two')
    const next = await until('the next boot', () => {
      return lab.host('two').isUp() && lab.host('two').bootId() !== boot && lab.host('two').bootId()
    })
    expect(next).toMatch(/^[0-9a-f-]{36}$/)
    // Waits for its services.
    await lab.host('two').start()
  })

  test('is disarmed by the magic close', async () => {
    const { pid } = lab.host('one').firstProcess()
    await kick('one')
    await lab.host('one').shell(`printf V >${watchdogDevice}`)
    await kick('two')
    // Two's watchdog, armed later, is the clock: when it has fired, one's would have.
    await until(
      'two to be reset',
      () =>
        readFileSync(`${lab.layout.logs}/watchdog.log`, 'utf8').match(/two: not kicked/g)
          ?.length === 2,
    )
    expect(lab.host('one').firstProcess().pid).toBe(pid)
  })
})
