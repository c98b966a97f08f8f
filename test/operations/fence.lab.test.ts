import { afterAll, beforeAll, expect, test } from 'vitest'
import { labFolder, managementAddress, redfishPort, uuidOf } from '../lab/layout.ts'
import { setStage, type Stage } from './stage.ts'

// Fencing by hand, by commands: an executable in the style of the fence agents for quark, a Redfish device that shows its host's UUID for snailin.

const NAME = 'fence-by-hand'
const service = `http://${managementAddress}:${redfishPort}`
const login = { username: 'admin', 'password-file': `${labFolder(NAME)}/device-password` }
const agent = new URL('../lab/fence_lab', import.meta.url).pathname

let stage: Stage
let lab: Stage['lab']
let yasco: Stage['yasco']

beforeAll(async () => {
  stage = await setStage({
    name: NAME,
    hosts: {
      hosts: {
        quark: { hwm: { fence: [{ agent, options: { plug: 'quark', url: service, ...login } }] } },
        snailin: {
          hwm: {
            fence: [
              {
                agent: 'redfish',
                options: {
                  url: `${service}/redfish/v1/Systems/snailin`,
                  uuid: uuidOf('host', NAME, 'snailin'),
                  ...login,
                },
              },
            ],
          },
        },
        andreys: { etcd: true },
        // Nobody wrote down which UUID its board must show.
        donatello: {
          hwm: {
            fence: [
              {
                agent: 'redfish',
                options: { url: `${service}/redfish/v1/Systems/donatello`, ...login },
              },
            ],
          },
        },
      },
      vms: { one: { home: 'quark', vm: { ha: true } } },
    },
  })
  ;({ lab, yasco } = stage)
})
afterAll(() => stage?.[Symbol.asyncDispose]())

test('status is what the devices read', async () => {
  expect(await yasco.run('fence', 'quark', 'status')).toMatch(/^quark +.*fence_lab.* +on$/m)
  expect(await yasco.run('fence', 'snailin', 'status')).toMatch(/^snailin +redfish .* +on$/m)
})

test("a device that is another host's is found by its UUID, and nobody loses power", async () => {
  lab.host('snailin').setDevice({ wiredTo: 'quark' })
  const refused = await yasco.attempt('fence', 'snailin', 'off', '--confirm-name', 'snailin')
  lab.host('snailin').setDevice({})
  expect(refused.status).toBe(3)
  expect(refused.stderr).toContain('is the device of another host')
  expect(lab.hosts.map(host => host.isUp())).toEqual([true, true, true, true])
})

test('also where no UUID is configured: it was read of the host while that lived', async () => {
  await yasco.run('maintenance', 'donatello', 'on', '--yes')
  const donatello = lab.host('donatello')
  await donatello.kill()
  donatello.setDevice({ wiredTo: 'snailin' })
  const off = () => yasco.attempt('fence', 'donatello', 'off', '--confirm-name', 'donatello')
  const refused = await off()
  expect(refused.status).toBe(3)
  expect(refused.stderr).toContain('is the device of another host')
  expect(lab.host('snailin').isUp()).toBe(true)
  donatello.setDevice({})
  expect((await off()).stdout).toMatch(/donatello: off, read back from redfish/)
})

test('a device that only says yes gives no proof', async () => {
  lab.host('quark').setDevice({ ignores: true })
  const refused = await yasco.attempt('fence', 'quark', 'off', '--confirm-name', 'quark')
  lab.host('quark').setDevice({})
  expect(refused.status).toBe(3)
  expect(refused.stderr).toContain('quark could not be switched off')
  expect(lab.host('quark').isUp()).toBe(true)
})

test('off is read back, and is the proof with which its HAVMs restart; on lets it in again', async () => {
  const told = await yasco.run(
    'fence',
    'quark',
    'off',
    '--confirm-name',
    'quark',
    '--reason',
    'smoke',
  )
  expect(told).toMatch(/quark: off, read back from .*fence_lab/)
  expect(lab.host('quark').isUp()).toBe(false)
  await yasco.run('evacuate', 'quark', '--confirm-name', 'quark')
  expect(await yasco.places()).toMatchObject({
    one: expect.stringMatching(/^running (snailin|andreys)$/),
  })
  await yasco.run('fence', 'quark', 'on', '--yes')
  await lab.host('quark').start()
  await yasco.run('homecoming', '--yes')
  expect(await yasco.places()).toMatchObject({ one: 'running quark' })
  expect(await yasco.run('events')).toContain(
    'quark: fence taken away, nothing runs there without a permit',
  )
})

test('in all of it, no VM ever ran twice', async () => {
  const { looks, doubleRuns } = await stage.observer.report()
  expect(looks).toBeGreaterThan(0)
  expect(doubleRuns).toEqual([])
})
