import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ceph } from '../fencing/made-up-ceph.ts'
import { Lab } from '../lab/index.ts'
import type { Observer } from '../lab/observer.ts'
import { until } from '../lab/processes.ts'
import { Actor, type Part } from './actor.ts'
import { beatOf, untilBeats, untilBoot } from './yasco.ts'

// Evacuations of a dead host on which more goes wrong. Each test has a cluster of its own on the same hosts; quark dies once for all of them.

const parts = {
  second: { name: 'second', vms: ['second1', 'second2'] },
  refusing: { name: 'refusing', vms: ['refusing'] },
  nowhere: { name: 'nowhere', vms: ['nowhere'] },
  hung: { name: 'hung', vms: ['hung'] },
  barred: { name: 'barred', vms: ['barred'], ceph: {} },
  unbarred: { name: 'unbarred', vms: ['unbarred'], ceph: {} },
  rested: { name: 'rested', vms: ['rested', 'crashed'] },
} satisfies Record<string, Part>
const QUARK = 'quark'

let lab: Lab
let observer: Observer
let actor: Actor
const before = new Map<string, number>()

beforeAll(async () => {
  const vms = Object.values(parts).flatMap(part => part.vms)
  lab = await Lab.up({
    name: 'evacuations',
    hosts: {
      hosts: {
        [QUARK]: {},
        snailin: { hwm: { capacity: { cpu: 1024 } } },
        andreys: { etcd: true, hwm: { capacity: { cpu: 64 } } },
      },
      vms: Object.fromEntries(
        vms.map(vm => [
          vm,
          {
            home: QUARK,
            vm: { ha: true, ...(vm === 'hung' && { only: [QUARK, 'andreys'] }) },
            ...(vm === 'rested' && { offAfterTicks: 20 }),
          },
        ]),
      ),
    },
  })
  observer = await lab.observe()
  for (const vm of vms) before.set(vm, (await untilBeats(lab, vm, undefined)).boots)
  // Each HWM's own copies of the XML, as `dump` makes them.
  const { folder } = lab.layout
  await lab
    .host('andreys')
    .shell(
      `mkdir -p /var/lib/libvirt/yasco/hung && cp ${folder}/srv/domains/* /var/lib/libvirt/yasco/hung/`,
    )
  actor = await Actor.start(lab, Object.values(parts))
  const quark = lab.host(QUARK)
  await until(
    'rested to have shut itself down',
    async () => (await actor.on('rested').vms())['rested'] === 'stopped quark',
  )
  const crashing = quark.qemus().find(qemu => qemu.vm === 'crashed')!
  process.kill(crashing.pid, 'SIGKILL')
  await until(
    'crashed to be seen',
    async () => (await actor.on('rested').vms())['crashed'] === 'crashed quark',
  )
  await quark.kill()
  // Each cluster sees for itself.
  await Promise.all(
    Object.keys(parts).map(part =>
      until(
        `quark to be seen down by ${part}`,
        async () => (await actor.on(part).hwms())[QUARK] === 'down',
        { limitMs: 40_000 },
      ),
    ),
  )
})
afterAll(async () => {
  await actor?.[Symbol.asyncDispose]()
  await observer?.[Symbol.asyncDispose]()
  await lab?.down()
})

const evacuation = (hwm = QUARK) => ({ do: 'evacuate', hwm, cold: false }) as const
const word = { off: { [QUARK]: { by: 'word', how: 'the lab killed it' } } } as const

/** What must be true of a VM that was restarted once, on `hwm`. */
async function isRestarted(
  part: Part,
  vm: string,
  hwm: string,
  kind = "operator's word",
): Promise<void> {
  const boots = (before.get(vm) ?? 0) + 1
  expect((await untilBoot(lab, vm, boots)).boots).toBe(boots)
  expect(await actor.on(part.name).permits()).toMatchObject({
    [vm]: { node: hwm, proof: { kind } },
  })
  const running = lab.hosts.filter(host => host.qemus().some(qemu => qemu.vm === vm))
  expect(running.map(host => host.name)).toEqual([hwm])
}

test('F36: a guest that shut itself down before its host died stays stopped; one that crashed is restarted', async () => {
  const rested = actor.on('rested')
  const plan = await rested.plan(evacuation())
  expect(plan.staying).toContainEqual({ vm: 'rested', kind: 'havm', why: 'has shut itself down' })
  const operation = await rested.act(evacuation(), word)
  expect(operation.state).toBe('done')
  await isRestarted(parts.rested, 'crashed', 'snailin')
  expect(beatOf(lab, 'rested').boots).toBe(before.get('rested'))
})

describe('F27: a VM does not start on its target', () => {
  /** Nothing there can open the guests' serial logs: QEMU ends as soon as it is started. */
  const spoil = (host: string) => lab.host(host).shell('mount -t tmpfs -o ro tmpfs /srv/serial')
  const mend = (host: string) => lab.host(host).shell('umount /srv/serial')

  test('the next one of the map is tried', async () => {
    await spoil('snailin')
    const operation = await actor.on('refusing').act(evacuation(), word)
    await mend('snailin')
    expect(operation).toMatchObject({
      state: 'done',
      steps: [{ target: 1, targets: ['snailin', 'andreys'] }],
    })
    await isRestarted(parts.refusing, 'refusing', 'andreys', 'seen')
  })

  test('with none left the error names them all, and a retry starts it when that is mended', async () => {
    await spoil('snailin')
    await spoil('andreys')
    const nowhere = actor.on('nowhere')
    const operation = await nowhere.act(evacuation(), word)
    await mend('snailin')
    await mend('andreys')
    expect(operation.state).toBe('partly')
    expect(operation.steps[0]?.error).toMatch(/serial.*\(tried snailin, andreys\)$/)
    expect((await nowhere.conduct(operation.id, 'retry')).state).toBe('done')
    // Where it was tried last it was seen gone: that is what it was started on.
    await isRestarted(parts.nowhere, 'nowhere', 'snailin', 'seen')
  })
})

describe('the storage barrier', () => {
  /** A `ceph` on a host that takes over: /usr/local/bin is its own from now on. */
  const install = async (host: string, fault = '') => {
    await lab
      .host(host)
      .shell('mountpoint -q /usr/local/bin || mount -t tmpfs tmpfs /usr/local/bin')
    await lab
      .host(host)
      .shell('cat >/usr/local/bin/ceph; chmod 755 /usr/local/bin/ceph; : >/usr/local/bin/list', {
        input: ceph('/usr/local/bin/list', fault),
      })
  }

  test('a dead host is cut off from Ceph before the permit moves', async () => {
    await install('snailin')
    const barred = actor.on('barred')
    const began = actor.calls.length
    expect((await barred.act(evacuation(), word)).state).toBe('done')
    await isRestarted(parts.barred, 'barred', 'snailin')
    expect((await lab.host('snailin').shell('cat /usr/local/bin/list')).trim()).toBe(
      lab.host(QUARK).address,
    )
    expect(actor.calls.slice(began).some(call => call.startsWith('etcd permits moved'))).toBe(true)
  })

  test('when that fails nothing starts, and the reason is told', async () => {
    for (const host of ['snailin', 'andreys'])
      await install(host, 'echo "Error EACCES: access denied" >&2; exit 13')
    const unbarred = actor.on('unbarred')
    const operation = await unbarred.act(evacuation(), word)
    expect(operation.state).toBe('partly')
    expect(operation.steps[0]?.error).toContain('Error EACCES: access denied')
    expect(await unbarred.permits()).toEqual({})
    expect(lab.hosts.flatMap(host => host.qemus()).map(qemu => qemu.vm)).not.toContain('unbarred')
    await install('snailin')
    await install('andreys')
    expect((await unbarred.conduct(operation.id, 'retry')).state).toBe('done')
    await isRestarted(parts.unbarred, 'unbarred', 'snailin')
  })
})

describe('F22: where the domain store hangs', () => {
  beforeAll(async () => {
    // Two layers of FUSE, the lower one paused: reads hang in D state, as on a CephFS without its MDS.
    await lab
      .host('andreys')
      .shell(
        [
          'mkdir -p /run/lab/lower /run/lab/upper',
          `setsid bindfs -f --multithreaded ${lab.layout.shared}/domains /run/lab/lower </dev/null >/dev/null 2>&1 &`,
          'echo $! >/run/lab/lower.pid; until mountpoint -q /run/lab/lower; do sleep 0.01; done',
          'setsid bindfs -f --multithreaded /run/lab/lower /run/lab/upper </dev/null >/dev/null 2>&1 &',
          'until mountpoint -q /run/lab/upper; do sleep 0.01; done',
          'mount --bind /run/lab/upper /srv/domains',
          'kill -STOP $(cat /run/lab/lower.pid)',
        ].join('\n'),
      )
  })
  afterAll(() => lab.host('andreys').shell('kill -CONT $(cat /run/lab/lower.pid)'))

  test('VMs start from its own copies', async () => {
    const operation = await actor.on('hung').act(evacuation(), word)
    expect(operation.steps[0]).toMatchObject({ state: 'done', error: '' })
    await isRestarted(parts.hung, 'hung', 'andreys')
  })

  test('as many reads as hang there, processes are still seen and scripts still run', async () => {
    // Each read is given up and hangs on there; sshd has ten sessions for one connection.
    const { xml, process: seen, hostname } = await actor.on('hung').reach('andreys', 'hung', 20)
    expect(xml).toHaveLength(20)
    for (const each of xml) expect(each).toContain('<name>hung</name>')
    expect({ seen, hostname }).toEqual({ seen: 'there', hostname: 'andreys' })
  })
})

test('F29: a second host dies in the evacuation of the first; nothing is lost or started twice', async () => {
  const second = actor.on('second')
  await until('snailin to be seen up', async () => (await second.hwms())['snailin'] === 'up', {
    limitMs: 40_000,
  })
  const { id } = await second.commit(evacuation(), { ...word, limits: { parallelPerHwm: 1 } })
  const begun = actor.calls.filter(call => call.startsWith('snailin start')).length
  const { reached } = await second.hold(`snailin start #${begun + 1}`)
  const conducted = second.conduct(id)
  await reached
  // It has its permit for snailin by now; nobody else knows that it was not started there.
  await lab.host('snailin').kill()
  await second.go()
  await until(
    'the operation to wait for proof',
    async () => {
      const { steps } = await second.operation(id)
      return steps.some(step => step.phase.includes('snailin to answer, or proof that it is dead'))
    },
    { limitMs: 60_000 },
  )
  expect((await second.permits())['second1']?.node).toBe('snailin')
  await second.declareOff('snailin')
  expect((await conducted).state).toBe('done')
  for (const vm of ['second1', 'second2']) {
    await untilBeats(lab, vm, beatOf(lab, vm))
    expect((await second.permits())[vm]?.node).toBe('andreys')
    expect(
      lab
        .host('andreys')
        .qemus()
        .filter(qemu => qemu.vm === vm),
    ).toHaveLength(1)
  }
})

test('in all of it, no VM ever ran twice', async () => {
  const report = await observer.report()
  expect(report.doubleRuns).toEqual([])
  expect(report.looks).toBeGreaterThan(100)
})
