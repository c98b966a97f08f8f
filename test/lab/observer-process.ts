// The observer's own process: looks through /proc every 20 ms, whatever the test is busy with. Its argument is the lab's
// name; it answers each message of its parent with what it has seen so far.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { monotonicMs } from '../../src/model/clock.ts'
import { vmOfArguments } from './host.ts'
import { netnsPrefix } from './layout.ts'
import { netnsIds } from './network.ts'
import type { QemuRun, Sighting } from './observer.ts'
import { allPids, argumentsOf, namespaceOf, processOf } from './processes.ts'

const everyMs = 20
/** A fork of libvirtd is QEMU a few ms later: a pid is looked at so often before it counts as no QEMU for good. */
const looksBeforeDismissal = 50

const labName = process.argv[2] ?? ''
const dismissed = new Map<number, number>()
const followed = new Map<number, { run: QemuRun; serialFd: string | undefined }>()
const runs: QemuRun[] = []
const sighting: { looks: number; longestGapMs: number } = { looks: 0, longestGapMs: 0 }

/** Host by network namespace, as of now: a host has a new one after each boot. */
function hostOf(pid: number): string | undefined {
  return netnsIds(labName)
    .get(namespaceOf(pid, 'net') ?? '')
    ?.slice(netnsPrefix(labName).length)
}

/** The descriptor through which a QEMU writes the guest's serial log. */
function findSerialFd(pid: number, vm: string): string | undefined {
  return readdirSync(`/proc/${pid}/fd`).find(fd =>
    readlinkSync(`/proc/${pid}/fd/${fd}`).endsWith(`/serial/${vm}.log`),
  )
}

/** Where this QEMU last wrote in the log that all QEMUs of this guest append to; 0 when it never did. */
function positionIn(pid: number, fd: string): number {
  const info = readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'latin1')
  return Number(/^pos:\s+(\d+)/m.exec(info)?.[1] ?? 0)
}

function meet(pid: number, now: number): void {
  const looks = dismissed.get(pid) ?? 0
  if (looks >= looksBeforeDismissal) return
  const vm = vmOfArguments(argumentsOf(pid))
  const id = vm === undefined ? undefined : processOf(pid)
  const host = id === undefined ? undefined : hostOf(pid)
  if (vm === undefined || id === undefined || host === undefined) {
    dismissed.set(pid, looks + 1)
    return
  }
  const run: QemuRun = { vm, host, ...id, firstSeenMs: now, lastSeenMs: now, wrote: undefined }
  runs.push(run)
  followed.set(pid, { run, serialFd: undefined })
}

function follow(pid: number, now: number): void {
  const known = followed.get(pid)
  if (!known) return
  const { run } = known
  run.lastSeenMs = now
  const fd = known.serialFd ?? findSerialFd(pid, run.vm)
  // QEMU moves the descriptor about while it starts; if this one is gone at the next look, it is searched for again.
  known.serialFd = undefined
  if (fd === undefined) return
  const position = positionIn(pid, fd)
  known.serialFd = fd
  if (position === 0 || position === run.wrote?.to) return
  const { from = position, fromMs = now } = run.wrote ?? {}
  run.wrote = { from, to: position, fromMs, toMs: now }
}

/** Ends between two looks at one process are everyday; anything else is a defect of the observer. */
function unlessEnded(glance: () => void): void {
  try {
    glance()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT' && code !== 'ESRCH' && code !== 'EACCES') throw error
  }
}

let lastLook = monotonicMs()
function look(): void {
  const now = monotonicMs()
  sighting.looks++
  sighting.longestGapMs = Math.max(sighting.longestGapMs, now - lastLook)
  lastLook = now
  const pids = new Set(allPids())
  for (const pid of pids) {
    if (!followed.has(pid)) unlessEnded(() => meet(pid, now))
    unlessEnded(() => follow(pid, now))
  }
  for (const gone of [...dismissed.keys()].filter(pid => !pids.has(pid))) dismissed.delete(gone)
  for (const [pid, { run }] of followed) {
    if (processOf(pid)?.startTime !== run.startTime) followed.delete(pid)
  }
}

look()
setInterval(look, everyMs)
process.on('message', () => {
  look()
  process.send?.({ ...sighting, runs } satisfies Sighting)
})
process.on('disconnect', () => process.exit())
process.send?.('ready')
