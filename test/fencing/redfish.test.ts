import { expect, test } from 'vitest'
import { powerOff } from '../../src/fencing/power-off.ts'
import { redfish } from '../../src/fencing/redfish.ts'
import type { Clock } from '../../src/model/clock.ts'
import { madeUpBmc } from './made-up-bmc.ts'

function device(url: string, more: Record<string, string> = {}) {
  return redfish({ agent: 'redfish', options: { url, ...more } })
}

test('off is what was read after the command', async () => {
  await using bmc = await madeUpBmc()
  const verdict = await powerOff([device(bmc.url)])
  expect(verdict).toMatchObject({ off: true, device: `redfish ${bmc.url}` })
  expect(bmc.asked).toEqual(['read On', 'ForceOff', 'read Off'])
})

test('on its way is not off: it is read until it is', async () => {
  await using bmc = await madeUpBmc({ afterOff: ['On', 'PoweringOff', 'Off'] })
  expect(await device(bmc.url).power()).toBe('on')
  await device(bmc.url).off()
  expect(await device(bmc.url).power()).toBe('on')
  expect(await device(bmc.url).power()).toBe('changing')
  expect(await device(bmc.url).power()).toBe('off')
})

test('a device that only ever says PoweringOff gives no proof', async () => {
  await using bmc = await madeUpBmc({ afterOff: ['PoweringOff'] })
  // The device is real, the time is not: each pause passes at once.
  let now = 0
  const clock: Clock = {
    now: () => now,
    after(ms, task) {
      now += ms
      queueMicrotask(task)
      return { [Symbol.dispose]: () => undefined }
    },
  }
  const verdict = powerOff([device(bmc.url)], { clock, perDeviceMs: 3000 })
  expect(await verdict).toEqual({
    off: false,
    attempts: [`redfish ${bmc.url}: still says 'changing' 3 s after it was told to switch off`],
  })
})

test('off already is success, even when the device calls it a conflict', async () => {
  await using bmc = await madeUpBmc({ power: 'Off', conflict: true })
  expect(await powerOff([device(bmc.url)])).toMatchObject({ off: true })
})

test('the device of another host is refused before anything is sent to it', async () => {
  await using bmc = await madeUpBmc()
  const verdict = await powerOff([
    device(bmc.url, { uuid: '4c4c4544-ffff-1010-8000-000000000001' }),
  ])
  expect(verdict.off).toBe(false)
  expect(verdict).toHaveProperty(
    ['attempts', 0],
    expect.stringContaining('the device of another host'),
  )
  expect(bmc.asked).toEqual(['read On'])
})

test('a device that sends its commands elsewhere gets no credentials there', async () => {
  await using bmc = await madeUpBmc({ resetTarget: 'http://127.0.0.2:1/steal' })
  await expect(device(bmc.url).off()).rejects.toThrow('sends its commands to another host')
})

test('a state nobody knows is not off', async () => {
  await using bmc = await madeUpBmc({ power: 'Unknown' })
  await expect(device(bmc.url).power()).rejects.toThrow(
    'PowerState "Unknown", which is not a state',
  )
})

test('a device that is gone is an attempt, and the next one is tried', async () => {
  await using bmc = await madeUpBmc()
  const gone = device('http://127.0.0.1:1/redfish/v1/Systems/1')
  expect(await powerOff([gone, device(bmc.url)])).toMatchObject({ off: true })
  const none = await powerOff([gone])
  expect(none).toHaveProperty(['attempts', 0], expect.stringContaining('ECONNREFUSED'))
})
