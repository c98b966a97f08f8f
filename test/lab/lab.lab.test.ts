// The lab itself: that its hosts are hosts, that its guests tell the truth, and that nothing of it stays.
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { attempt, run } from './command.ts'
import { DialFailed } from './dialer.ts'
import { evenLab } from './hosts.ts'
import { Lab } from './index.ts'
import { namespacesOf } from './network.ts'
import { allPids, namespaceOf, processOf, until } from './processes.ts'
import { lastBeat } from './serial-log.ts'
import { missingPackages, neededPackages, setUp } from './setup.ts'

const quietly = { limitMs: 20_000 }

function migrate(lab: Lab, vm: string, from: string, to: string): Promise<string> {
  const uri = (host: string) => `qemu+tcp://${lab.host(host).address}/system`
  const flags = ['--live', '--unsafe', '--persistent', '--undefinesource']
  return lab.operator.run(['virsh', '-q', '-c', uri(from), 'migrate', ...flags, vm, uri(to)])
}

/** Resolves once the guest has printed something later than now. */
async function untilTicks(lab: Lab, vm: string): Promise<void> {
  const before = lab.serial(vm).length
  await until(`${vm} to tick`, () => lab.serial(vm).length > before, quietly)
}

describe('a lab of the default hosts', () => {
  let lab: Lab
  beforeAll(async () => {
    lab = await Lab.up({ name: 'test-lab' })
  })
  afterAll(() => lab?.down())

  test('has every guest running where its home is, once', async () => {
    for (const host of lab.hosts) {
      const home = Object.keys(lab.spec.vms).filter(vm => lab.spec.vms[vm]?.home === host.name)
      expect(
        host
          .qemus()
          .map(qemu => qemu.vm)
          .sort(),
      ).toEqual(home.sort())
      expect((await host.virsh('list --name')).trim().split('\n').sort()).toEqual(home.sort())
    }
    for (const vm of Object.keys(lab.spec.vms)) {
      await untilTicks(lab, vm)
      expect(lastBeat(lab.serial(vm))?.boots).toBe(1)
    }
  })

  test('has hosts of their own names, UUIDs and boots', async () => {
    const facts = await Promise.all(
      lab.hosts.map(host => host.shell('hostname; cat /proc/sys/kernel/random/boot_id')),
    )
    expect(facts.map(fact => fact.split('\n')[0])).toEqual(lab.hosts.map(host => host.name))
    expect(new Set(facts.map(fact => fact.split('\n')[1])).size).toBe(lab.hosts.length)
    for (const host of lab.hosts) {
      const capabilities = await host.virsh('capabilities')
      expect(capabilities).toContain(`<uuid>${host.layout.uuid}</uuid>`)
    }
  })

  test('lets the operator in by ssh, with host keys checked, to the shell and to libvirt', async () => {
    const cluster = readFileSync(lab.clusterFile, 'utf8')
    for (const host of lab.hosts) {
      expect(await lab.operator.run(['ssh', host.name, 'hostname'])).toBe(`${host.name}\n`)
      const uri = new RegExp(`qemu\\+ssh://\\S*@${host.address}/\\S*`).exec(cluster)?.[0] ?? ''
      const seen = await lab.operator.run(['virsh', '-q', '-c', uri, 'hostname'])
      expect(seen.trim()).toBe(host.name)
    }
    // The settings of the machine's own shell are not read: they may do anything, and wait for it.
    expect(await lab.operator.run(['ssh', 'quark', 'cat ~/.bashrc || true'])).toBe('')
    // Hosts reach each other the same way: peer to peer migration needs it.
    expect(await lab.host('quark').run(['ssh', 'snailin', 'hostname'])).toBe('snailin\n')
  })

  test('hands a test process connections made in the operator network', async () => {
    const socket = await lab.dial('quark', 22)
    const [banner] = (await once(socket, 'data')) as [Buffer]
    expect(banner.toString()).toMatch(/^SSH-2\.0-OpenSSH/)
    socket.destroy()
    const refused = await lab.dial('quark', 24).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(DialFailed)
    expect((refused as DialFailed).code).toBe('ECONNREFUSED')
    const etcd = await lab.forward('quark', 2379)
    const health = await fetch(`http://${etcd.host}:${etcd.port}/health`)
    expect(await health.json()).toEqual({ health: 'true' })
    etcd.close()
  })

  test('moves a running guest: boots stay, ticks go on, and nothing runs twice', async () => {
    await using observer = await lab.observe()
    await untilTicks(lab, 'test')
    const before = lastBeat(lab.serial('test'))
    await migrate(lab, 'test', 'snailin', 'quark')
    await untilTicks(lab, 'test')
    await migrate(lab, 'test', 'quark', 'snailin')
    await untilTicks(lab, 'test')
    const after = lastBeat(lab.serial('test'))
    expect(after?.boots).toBe(before?.boots)
    expect(after?.ticks).toBeGreaterThan(before?.ticks ?? 0)
    const report = await observer.stop()
    expect(report.doubleRuns).toEqual([])
    // The destination waits paused beside the source: seen, and no offence.
    expect(report.mostProcesses.test).toBe(2)
    expect(report.runs.filter(({ vm, wrote }) => vm === 'test' && wrote)).toHaveLength(3)
  })

  test('refuses a second start on the same disk, by the lock QEMU itself takes', async () => {
    const second = await lab
      .host('andreys')
      .attempt(['virsh', '-c', 'qemu:///system', 'create /srv/domains/win7-vmm2.xml'])
    expect(second.status).not.toBe(0)
    expect(second.stderr).toContain('Failed to get "write" lock')
  })

  test('shows a copy that runs beside the first one', async () => {
    await using observer = await lab.observe()
    // Another disk, so that no lock protects; the same guest, and the same serial log.
    await lab.host('andreys').shell(`cp /srv/images/ubuntu-vmm2.img /srv/images/copy.img
      sed 's,images/ubuntu-vmm2,images/copy,' /srv/domains/ubuntu-vmm2.xml >/srv/copy.xml
      virsh -q -c qemu:///system create /srv/copy.xml`)
    await until('the copy to be seen', async () => {
      return (await observer.report()).doubleRuns.length === 2
    })
    await lab.host('andreys').virsh('destroy ubuntu-vmm2')
    const { doubleRuns } = await observer.stop()
    expect(doubleRuns[0]).toMatch(
      /^ubuntu-vmm2 ran twice: pid \d+ on snailin wrote bytes .*andreys/,
    )
    expect(doubleRuns[1]).toMatch(
      /^ubuntu-vmm2 ran twice: line \d+ of its log says B1 T\d+ after B2/,
    )
  })

  test('lets a host die and boot again: new boot, old domains, guests one boot older', async () => {
    const quark = lab.host('quark')
    const boot = quark.bootId()
    const members = quark.qemus()
    expect(members.map(qemu => qemu.vm).sort()).toEqual(['freebsd-vmm2', 'win7-vmm2'])
    await quark.kill()
    expect(quark.isUp()).toBe(false)
    expect(members.filter(({ pid }) => existsSync(`/proc/${pid}`))).toEqual([])
    const silent = await lab.dial('quark', 22, 300).catch((error: unknown) => error)
    expect(silent).toBeInstanceOf(DialFailed)
    await lab.untilEtcdHasLeader()

    await quark.start()
    expect(quark.bootId()).not.toBe(boot)
    expect(quark.qemus()).toEqual([])
    expect((await quark.virsh('list --name --inactive')).trim().split('\n').sort()).toEqual([
      'freebsd-vmm2',
      'win7-vmm2',
    ])
    await quark.virsh('start win7-vmm2')
    await until('the second boot', () => lastBeat(lab.serial('win7-vmm2'))?.boots === 2, quietly)
  })

  test('lets libvirtd crash and come back: its guests go on', async () => {
    const snailin = lab.host('snailin')
    const before = snailin.qemus()
    expect(before.map(qemu => qemu.vm)).toContain('test')
    await snailin.service('libvirtd', 'kill')
    await untilTicks(lab, 'test')
    await snailin.service('libvirtd', 'start')
    expect((await snailin.virsh('domstate test')).trim()).toBe('running')
    expect(snailin.qemus()).toEqual(before)
  })

  test('lets a cable be cut and joined', async () => {
    const reach = () =>
      lab.dial('snailin', 22, 300).then(
        socket => !socket.destroy().connecting,
        () => false,
      )
    expect(await reach()).toBe(true)
    await lab.host('snailin').cut()
    expect(await reach()).toBe(false)
    expect(lab.host('snailin').isUp()).toBe(true)
    await lab.host('snailin').join()
    await until('snailin to answer again', reach, quietly)
  })

  test('shuts a guest down when it is asked to, within a moment', async () => {
    await lab.host('andreys').virsh('shutdown ceph1')
    const andreys = lab.host('andreys')
    await until(
      'ceph1 to be off',
      () => !andreys.qemus().some(qemu => qemu.vm === 'ceph1'),
      quietly,
    )
    // libvirtd learns of its end a moment later.
    await expect
      .poll(async () => (await andreys.virsh('domstate ceph1 --reason')).trim(), { timeout: 5_000 })
      .toBe('shut off (shutdown)')
  })

  test('changes a host key, and the operator is warned', async () => {
    await lab.host('andreys').changeKey()
    const refused = await lab.operator.attempt(['ssh', 'andreys', 'hostname'])
    expect(refused.status).toBe(255)
    expect(refused.stderr).toContain('REMOTE HOST IDENTIFICATION HAS CHANGED')
  })
})

describe('several labs', () => {
  test('live side by side, and leave nothing behind', async () => {
    const hosts = evenLab(3, 3)
    const labs = await Promise.all(['test-a', 'test-b'].map(name => Lab.up({ name, hosts })))
    const [a, b] = labs as [Lab, Lab]
    await a.host('host1').kill()
    expect(b.host('host1').isUp()).toBe(true)
    await untilTicks(b, 'vm1')
    const inside = new Set(
      labs.flatMap(lab =>
        lab.hosts
          .filter(host => host.isUp())
          .map(host => namespaceOf(host.firstProcess().pid, 'pid')),
      ),
    )
    expect(inside.size).toBe(5)

    await Promise.all(labs.map(lab => lab.down()))
    for (const lab of labs) {
      expect(namespacesOf(lab.name)).toEqual([])
      expect(existsSync(lab.layout.folder)).toBe(false)
      expect(readFileSync('/proc/mounts', 'utf8')).not.toContain(lab.layout.folder)
    }
    const left = allPids().filter(pid => inside.has(namespaceOf(pid, 'pid') ?? ''))
    expect(left.flatMap(pid => processOf(pid) ?? [])).toEqual([])
  })

  test('are replaced when one of the same name was left behind half dead', async () => {
    const hosts = evenLab(3, 1)
    const lost = await Lab.up({ name: 'test-lost', hosts })
    lost.release()
    await lost.host('host1').killAbruptly()
    await run(['rm', '-r', lost.layout.folder])
    await using again = await Lab.up({ name: 'test-lost', hosts })
    await untilTicks(again, 'vm1')
    expect(lastBeat(again.serial('vm1'))?.boots).toBe(1)
  })
})

describe('setting up', () => {
  test('finds everything there in less than 0.3 s', () => {
    const took = [1, 2, 3].map(() => {
      const began = performance.now()
      expect(setUp()).toEqual([])
      return performance.now() - began
    })
    // The best of three: on a busy machine any one of them may have to wait for its turn.
    expect(Math.min(...took)).toBeLessThan(300)
  })

  test('names what is missing', () => {
    expect(neededPackages()).toContain('libvirt-daemon-system')
    expect(missingPackages(['procps', 'no-such-package'])).toEqual(['no-such-package'])
  })

  test('says who must run it to anybody but root', async () => {
    // In a new user namespace without a map, this process is nobody.
    const file = new URL('setup.ts', import.meta.url).pathname
    const asNobody = await attempt(['unshare', '--user', process.execPath, file])
    expect(asNobody.status).toBe(1)
    expect(asNobody.stderr).toContain('must be run by root')
  })
})

test('the command says what is wrong, with its exit status', async () => {
  const command = (...args: string[]) =>
    attempt([process.execPath, new URL('lab.ts', import.meta.url).pathname, ...args])
  const none = await command('status', '--name', 'test-none')
  expect(none.status).toBe(1)
  expect(none.stderr).toContain("No lab 'test-none' is up")
  const wrong = await command('frobnicate')
  expect(wrong.status).toBe(2)
  expect(wrong.stderr).toContain('usage:')
})
