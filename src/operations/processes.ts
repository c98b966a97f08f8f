// QEMU processes of one HWM, seen through one shell that stays open there: a look costs one question, no login and no session of its own,
// and scripts that hang on the same host are not in its way.
import type { Duplex } from 'node:stream'
import { RunFailed, RunTimedOut } from '../domains/store.ts'
import type { CallOptions } from '../libvirt/hypervisor.ts'
import { shellQuote } from '../libvirt/ssh/connection.ts'
import type { SshConnections, SshLease, SshTarget } from '../libvirt/ssh/connections.ts'
import { SshCommandFailed } from '../libvirt/ssh/errors.ts'

/** One process, told from any later one of the same number by the clock ticks from the host's boot to its start. */
export interface SeenProcess {
  readonly pid: number
  readonly startTime: string
  readonly isQemu: boolean
}

/**
 * Reads `<id> find <pattern>` and `<id> gone <pid> <start>`. A process belongs to a VM when its uuid is a word of its command line; one
 * that has ended and waits to be reaped has no command line any more. It counts as gone once none of its threads is left but the one
 * that waits. Processes come and go meanwhile, which is no error; that /proc can be read at all, both questions try on this very shell:
 * what is not seen there is gone only where it would have been seen.
 */
const SCRIPT = `stat() { read -r line 2>/dev/null </proc/$1/stat || return; set -- \${line##*) }; state=$1; start=\${20}; }
threads() { set -- /proc/$1/task/*; echo $#; }
find() {
  found=
  for file in $(grep -lizxE -e "$1" /proc/[0-9]*/cmdline 2>/dev/null); do
    pid=\${file#/proc/}; pid=\${pid%/cmdline}
    stat $pid || continue
    read -r comm 2>/dev/null </proc/$pid/comm || continue
    case $comm in *qemu*|*kvm*) kind=qemu;; *) kind=other;; esac
    found="$found $pid:$start:$kind"
  done
  [ -n "$found" ] || grep -qizxE -e '[y]asco-processes' /proc/$$/cmdline || { echo "$2 broken"; return; }
  echo "$2 found$found"
}
gone() {
  stat $$ || { echo "$3 broken"; return; }
  stat $1 && [ "$start" = "$2" ] && { case $state in Z|X) [ $(threads $1) -gt 1 ];; esac; } && echo "$3 there" || echo "$3 gone"
}
while read -r id what first second; do
  case $what in find) find "$first" $id;; gone) gone $first $second $id;; esac
done`
const COMMAND = ['/bin/sh', '-c', SCRIPT, 'yasco-processes'].map(shellQuote).join(' ')

interface Shell {
  readonly stream: Duplex
  readonly lease: SshLease
  readonly asked: Map<string, PromiseWithResolvers<readonly string[]>>
}

export class Processes implements Disposable {
  readonly #host: string
  readonly #target: SshTarget
  readonly #connections: SshConnections
  #shell: Promise<Shell> | undefined
  #last = 0

  /** `host`: its name, for people. */
  constructor(host: string, target: SshTarget, connections: SshConnections) {
    this.#host = host
    this.#target = target
    this.#connections = connections
  }

  /** Those that have this uuid as a word of their command line. Throws `RunFailed`, `RunTimedOut` or the errors of the connection. */
  async find(uuid: string, options: Required<Pick<CallOptions, 'timeoutMs'>> & CallOptions) {
    // The first digit goes in brackets so that the search does not find itself.
    const pattern = `[${uuid.slice(0, 1)}]${uuid.slice(1)}`
    const [said, ...found] = await this.#ask(`find ${pattern}`, options)
    if (said !== 'found') throw new RunFailed(`looking for QEMU processes on ${this.#host} failed`)
    return found.map((each): SeenProcess => {
      const [pid, startTime = '', kind] = each.split(':')
      return { pid: Number(pid), startTime, isQemu: kind === 'qemu' }
    })
  }

  /** Whether this very process has ended. Throws as `find` does, also where the host's /proc cannot be read. */
  async isGone(
    { pid, startTime }: SeenProcess,
    options: Required<Pick<CallOptions, 'timeoutMs'>> & CallOptions,
  ): Promise<boolean> {
    const [said] = await this.#ask(`gone ${pid} ${startTime}`, options)
    if (said !== 'gone' && said !== 'there')
      throw new RunFailed(`looking for a process on ${this.#host} failed`)
    return said === 'gone'
  }

  [Symbol.dispose](): void {
    this.#shell?.then(
      shell => shell.stream.destroy(),
      () => undefined,
    )
    this.#shell = undefined
  }

  async #ask(
    question: string,
    { timeoutMs, signal }: Required<Pick<CallOptions, 'timeoutMs'>> & CallOptions,
  ): Promise<readonly string[]> {
    signal?.throwIfAborted()
    const opening = (this.#shell ??= this.#open(timeoutMs))
    const shell = await opening.catch((error: unknown) => {
      if (this.#shell === opening) this.#shell = undefined
      throw error
    })
    const id = String((this.#last += 1))
    const answer = Promise.withResolvers<readonly string[]>()
    shell.asked.set(id, answer)
    // Who does not answer one question will not answer the next: a new shell does.
    const timer = setTimeout(
      () => shell.stream.destroy(new RunTimedOut(this.#host, timeoutMs)),
      timeoutMs,
    )
    const abandon = () => answer.reject(signal?.reason)
    signal?.addEventListener('abort', abandon, { once: true })
    shell.stream.write(`${id} ${question}\n`)
    try {
      return await answer.promise
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abandon)
      shell.asked.delete(id)
    }
  }

  async #open(timeoutMs: number): Promise<Shell> {
    const lease = await this.#connections.acquire(this.#target, { timeoutMs })
    let stream: Duplex
    try {
      stream = await lease.openCommand(COMMAND, { timeoutMs })
    } catch (error) {
      lease.release()
      if (error instanceof SshCommandFailed) throw new RunFailed(error.message, { cause: error })
      throw error
    }
    const asked: Shell['asked'] = new Map()
    let why: Error = new RunFailed(`the shell that looks for processes on ${this.#host} has ended`)
    let text = ''
    stream.on('error', error => (why = error))
    stream.on('data', (chunk: Buffer) => {
      const lines = (text + chunk.toString('latin1')).split('\n')
      text = lines.pop() ?? ''
      for (const line of lines) {
        const [id = '', ...said] = line.split(' ')
        asked.get(id)?.resolve(said)
      }
    })
    stream.once('close', () => {
      lease.release()
      this.#shell = undefined
      for (const each of asked.values())
        each.reject(lease.lost.aborted ? (lease.lost.reason as Error) : why)
    })
    return { stream, lease, asked }
  }
}
