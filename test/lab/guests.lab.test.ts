// Guests with bad habits, and many of them on many hosts.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { evenLab } from './hosts.ts'
import { Lab } from './index.ts'
import { until } from './processes.ts'
import { lastBeat } from './serial-log.ts'

describe('guests', () => {
  let lab: Lab
  beforeAll(async () => {
    lab = await Lab.up({
      name: 'test-guests',
      hosts: {
        hosts: { a: {}, b: {} },
        vms: {
          stubborn: { home: 'a', stubborn: true },
          busy: { home: 'a', busy: true },
          brief: { home: 'a', offAfterTicks: 20 },
          resting: { home: 'a', started: false },
        },
      },
    })
  })
  afterAll(() => lab?.down())

  const runsOn = (host: string, vm: string) =>
    lab
      .host(host)
      .qemus()
      .some(qemu => qemu.vm === vm)

  test('may be defined and not started', async () => {
    expect(runsOn('a', 'resting')).toBe(false)
    expect(lab.serial('resting')).toBe('')
    expect(await lab.host('a').virsh('list --name --inactive')).toContain('resting')
  })

  test('may ignore the power button', async () => {
    await until('it to run', () => lastBeat(lab.serial('stubborn')))
    await lab.host('a').virsh('shutdown stubborn')
    const ticks = lastBeat(lab.serial('stubborn'))?.ticks ?? 0
    await until('20 ticks more', () => (lastBeat(lab.serial('stubborn'))?.ticks ?? 0) > ticks + 20)
    expect(runsOn('a', 'stubborn')).toBe(true)
    expect(lastBeat(lab.serial('stubborn'))?.boots).toBe(1)
  })

  test('may switch themselves off', async () => {
    await until('it to be off', () => !runsOn('a', 'brief'))
    expect(lastBeat(lab.serial('brief'))).toEqual({ boots: 1, ticks: 20 })
    expect((await lab.host('a').virsh('domstate --reason brief')).trim()).toBe(
      'shut off (shutdown)',
    )
  })

  test('may dirty memory faster than a slow migration moves it', async () => {
    await until('it to run', () => lastBeat(lab.serial('busy')))
    const uri = `qemu+tcp://${lab.host('b').address}/system`
    const flags = ['--live', '--unsafe', '--bandwidth', '4']
    const moving = lab
      .host('a')
      .spawn(['virsh', '-q', '-c', 'qemu:///system', 'migrate', ...flags, 'busy', uri])
    const iterations = async () => {
      const info = await lab
        .host('a')
        .attempt(['virsh', '-c', 'qemu:///system', 'domjobinfo', 'busy'])
      return Number(/Iteration:\s+(\d+)/.exec(info.stdout)?.[1] ?? 0)
    }
    await until('the third pass over its memory', async () => (await iterations()) >= 3)
    expect(moving.exitCode).toBe(null)
    await lab.host('a').virsh('domjobabort busy')
    await until('the end of it', () => moving.exitCode !== null)
    expect(runsOn('a', 'busy')).toBe(true)
    expect(runsOn('b', 'busy')).toBe(false)
  })
})

describe('a lab of 8 hosts', () => {
  test('carries 20 guests', async () => {
    await using lab = await Lab.up({ name: 'test-many', hosts: evenLab(8, 20) })
    const running = lab.hosts.flatMap(host => host.qemus().map(qemu => qemu.vm))
    expect(running.sort()).toEqual(Object.keys(lab.spec.vms).sort())
    await until('every guest to tick', () => running.every(vm => lastBeat(lab.serial(vm))))
    expect(lab.etcdEndpoints).toHaveLength(3)
  })
})
