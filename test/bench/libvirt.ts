// What it costs to refresh one HWM of 100 domains over libvirt's RPC, beside virsh and python3-libvirt on the same server in the same run.
import { execFileSync } from 'node:child_process'
import { createServer, connect } from 'node:net'
import type { Socket } from 'node:net'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Machine } from '../../src/libvirt/machine.ts'
import { openHypervisor, openMachine } from '../../src/libvirt/open.ts'
import { HypervisorSession } from '../../src/libvirt/session.ts'
import { startLibvirtd, until } from '../libvirt/rpc/libvirtd.ts'
import type { Libvirtd } from '../libvirt/rpc/libvirtd.ts'
import type { Row } from './row.ts'

const DOMAINS = 100
/** So many of them run (held before their first instruction), with a disk and a network card each. */
const RUNNING = 10
const REFRESHES = 50
const DELAY_MS = 50
const URI = 'qemu:///system'

/** Rows for the bench table. Throws where there is no libvirtd or no root. */
export async function benchLibvirt(): Promise<Row[]> {
  if (process.getuid?.() !== 0) throw new Error('a libvirtd of its own needs root')
  if (!existsSync('/usr/sbin/libvirtd')) throw new Error('libvirtd is not installed')
  await using libvirtd = await startLibvirtd()
  await using machine = await openMachine(libvirtd.uri(URI))
  await populate(machine, libvirtd.folder)

  const session = await sessionAt(libvirtd.uri(URI))
  try {
    const refreshMs = await mean(REFRESHES, () => refresh(session))
    const roundTrips = await measureRoundTrips(libvirtd.socket)
    const connectMs = await mean(10, async () => {
      await using hypervisor = await openHypervisor(libvirtd.uri(URI), { readOnly: true })
      await hypervisor.domains()
    })
    return [
      {
        what: `one HWM of ${DOMAINS} domains refreshed: RPC round trips`,
        budget: 2,
        figure: roundTrips,
        unit: '',
        ok: roundTrips <= 2,
        peer: 'measured as added time over added delay',
      },
      {
        what: `one HWM of ${DOMAINS} domains refreshed (host and all domains)`,
        budget: undefined,
        figure: refreshMs,
        unit: 'ms',
        ok: true,
        peer: `python3-libvirt ${python(libvirtd, PYTHON_REFRESH)}, virsh ${virshMs(libvirtd)} ms`,
      },
      {
        what: `connect and list ${DOMAINS} domains with their states`,
        budget: undefined,
        figure: connectMs,
        unit: 'ms',
        ok: true,
        peer: `python3-libvirt ${python(libvirtd, PYTHON_LIST)}`,
      },
    ]
  } finally {
    await session[Symbol.asyncDispose]()
  }
}

async function populate(machine: Machine, folder: string): Promise<void> {
  for (let i = 0; i < DOMAINS; i++) {
    const disk = join(folder, `disk-${i}.img`)
    if (i < RUNNING) execFileSync('truncate', ['-s', '1M', disk])
    const domain = await machine.define(domainXml(i, disk))
    if (i < RUNNING) await machine.start(domain, { paused: true })
  }
}

function domainXml(i: number, disk: string): string {
  return `<domain type='qemu'><name>vm-${i}</name><memory unit='MiB'>16</memory>
<os><type arch='x86_64' machine='pc'>hvm</type></os>
<devices><emulator>/usr/bin/qemu-system-x86_64</emulator>
<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='${disk}'/><target dev='hda' bus='ide'/></disk>
<interface type='user'><model type='e1000'/></interface></devices></domain>`
}

async function sessionAt(uri: string): Promise<HypervisorSession> {
  let listed = 0
  const session = new HypervisorSession({
    uri,
    readOnly: true,
    open: openHypervisor,
    listener: {
      status: () => undefined,
      listed: domains => {
        listed = domains.length
      },
      event: () => undefined,
      facts: () => undefined,
    },
  })
  await until(() => listed === DOMAINS)
  // The first one also asks how many statistics the host has.
  await refresh(session)
  return session
}

async function refresh(session: HypervisorSession): Promise<void> {
  const got = await session.refresh()
  if (got?.domains.length !== DOMAINS) throw new Error('a refresh without all domains')
}

async function mean(times: number, run: () => Promise<void>): Promise<number> {
  const started = performance.now()
  for (let i = 0; i < times; i++) await run()
  return (performance.now() - started) / times
}

/** The same refresh through a line with a delay: the time that is added, in delays there and back. */
async function measureRoundTrips(socket: string): Promise<number> {
  const relay = createServer(near => {
    const far = connect(socket)
    delayed(near, far)
    delayed(far, near)
  })
  await new Promise<void>(resolve => relay.listen(0, '127.0.0.1', resolve))
  const address = relay.address()
  if (address === null || typeof address === 'string') throw new Error('the relay has no port')
  const direct = await sessionAt(`qemu+unix:///system?socket=${socket}`)
  const slow = await sessionAt(`qemu+tcp://127.0.0.1:${address.port}/system`)
  try {
    const [near, far] = [await mean(10, () => refresh(direct)), await mean(10, () => refresh(slow))]
    return Math.round((far - near) / (2 * DELAY_MS))
  } finally {
    await Promise.all([direct[Symbol.asyncDispose](), slow[Symbol.asyncDispose]()])
    relay.close()
  }
}

function delayed(from: Socket, to: Socket): void {
  from.on('data', chunk => {
    setTimeout(() => to.destroyed || to.write(chunk), DELAY_MS)
  })
  from.on('close', () => to.destroy())
  from.on('error', () => to.destroy())
}

const PYTHON_REFRESH = `
conn.getAllDomainStats(1|2|4|8|16|32, libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT)
conn.getCPUStats(-1)
conn.getMemoryStats(-1)`

const PYTHON_LIST = `
other = libvirt.openReadOnly(uri)
for domain in other.listAllDomains(): (domain.name(), domain.state(), domain.isPersistent(), domain.autostart())
other.close()`

/** Mean of the same thing done in Python by libvirt's own library, connection kept open. */
function python(libvirtd: Libvirtd, body: string): string {
  const script = `
import libvirt, sys, time
uri = sys.argv[1]
conn = libvirt.openReadOnly(uri)
def once():
${body
  .trim()
  .split('\n')
  .map(line => `    ${line}`)
  .join('\n')}
once()
start = time.perf_counter()
for i in range(${REFRESHES}): once()
print('%.2f' % ((time.perf_counter() - start) * 1000 / ${REFRESHES}))`
  try {
    return `${execFileSync('/usr/bin/python3', ['-c', script, libvirtd.uri(URI)], { encoding: 'utf8' }).trim()} ms`
  } catch (error) {
    return `not run (${error instanceof Error ? error.message.split('\n')[0] : String(error)})`
  }
}

/** One virsh that does the same, its start included, as a script would. */
function virshMs(libvirtd: Libvirtd): string {
  const times = 5
  const started = performance.now()
  for (let i = 0; i < times; i++)
    libvirtd.virsh(URI, 'domstats --nowait; nodecpustats; nodememstats')
  return ((performance.now() - started) / times).toFixed(0)
}
