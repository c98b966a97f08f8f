// What /proc tells of processes. A process is known by its pid and start time together: pids are used again.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { monotonicMs } from '../../src/model/clock.ts'
import { NotInTime } from './errors.ts'

export interface ProcessId {
  readonly pid: number
  /** Clock ticks since the machine's boot (/proc/PID/stat, field 22). */
  readonly startTime: string
}

function readProc(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1')
  } catch {
    return undefined // it ended meanwhile, which is an answer too
  }
}

/** The process that has this pid now; undefined for none, and for one that is dead and only not yet reaped. */
export function processOf(pid: number): ProcessId | undefined {
  const stat = readProc(pid, 'stat')
  if (stat === undefined) return undefined
  // The command's name, in parentheses, may hold anything; fields are counted from behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state = 'X'] = fields
  if (state === 'Z' || state === 'X') return undefined
  return { pid, startTime: fields[19] ?? '' }
}

export function isAlive(id: ProcessId): boolean {
  return processOf(id.pid)?.startTime === id.startTime
}

export function allPids(): number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number)
}

/** Arguments of a process; empty for kernel threads and those that ended. */
export function argumentsOf(pid: number): string[] {
  return (readProc(pid, 'cmdline') ?? '').split('\0').slice(0, -1)
}

/** Name of a namespace, e.g. `net:[4026532281]`; undefined when the process has ended. */
export function namespaceOf(pid: number, kind: 'net' | 'pid' | 'mnt'): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/${kind}`)
  } catch {
    return undefined
  }
}

/** Sends SIGKILL to exactly this process; one that has ended already is fine. */
export function killNow(id: ProcessId): void {
  if (!isAlive(id)) return
  try {
    process.kill(id.pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Whether somebody listens on this TCP port in the network of a process: read from its kernel, nothing is sent. */
export function listensOn(pid: number, port: number): boolean {
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  return (readProc(pid, 'net/tcp') ?? '')
    .split('\n')
    .some(line => / 0A /.test(line) && line.includes(`:${hex} 00000000:0000`))
}

/** Looks every `everyMs` whether `look` gives a result; throws `NotInTime` after `limitMs`. */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  { limitMs = 20_000, everyMs = 20, signal }: Wait = {},
): Promise<Exclude<T, undefined | false | null>> {
  const end = monotonicMs() + limitMs
  for (;;) {
    const seen = await look()
    if (seen !== undefined && seen !== false && seen !== null) {
      return seen as Exclude<T, undefined | false | null>
    }
    if (monotonicMs() > end) throw new NotInTime(what, limitMs)
    await delay(everyMs, undefined, { signal })
  }
}

export interface Wait {
  readonly limitMs?: number
  readonly everyMs?: number
  readonly signal?: AbortSignal
}
