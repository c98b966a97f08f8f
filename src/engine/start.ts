// Starts an engine as a process of its own, in a session of its own: a terminal that stalls or hangs up does not reach it.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { Duplex } from 'node:stream'
import type { EngineSpec } from './spec.ts'

/** The descriptor that the engine finds its first screen's stream on. */
export const SCREEN_FD = 3

export interface StartOptions {
  readonly spec: EngineSpec
  /** The program to run, as argv[1]; default: this process's own. */
  readonly program?: string
}

export interface StartedEngine {
  /** NDJSON both ways, see protocol.ts. */
  readonly stream: Duplex
  readonly pid: number | undefined
  /** Resolves when the process is gone, with how it ended and the last it said on standard error. */
  readonly ended: Promise<{ readonly how: string; readonly lastWords: string }>
  /** Ends it at once. For tests, and for an engine that does not answer; a good one leaves by `bye`. */
  kill(): void
}

/** Enough for a stack trace; an engine writes nothing there as long as it is well. */
const LAST_WORDS = 4096

/**
 * An engine's garbage is small and frequent: a small young generation, and an old one that is looked through when it has grown by a
 * quarter, not by two or three times. At 1 000 HWMs that is 225 MiB for 310. The launcher gives the screen the same.
 */
const NODE_FLAGS = ['--max-semi-space-size=2', '--heap-growing-percent=25', '--no-warnings']

export function startEngine(options: StartOptions): StartedEngine {
  const program = options.program ?? process.argv[1] ?? ''
  const child = spawn(
    process.execPath,
    [...NODE_FLAGS, program, 'engine', JSON.stringify(options.spec)],
    {
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE_ENV: 'production' },
    },
  )
  let lastWords = ''
  child.stderr?.setEncoding('utf8')
  child.stderr?.on('data', (text: string) => {
    lastWords = (lastWords + text).slice(-LAST_WORDS)
  })
  const stream = child.stdio[SCREEN_FD]
  if (!(stream instanceof Duplex))
    throw new TypeError('an extra descriptor of a child is a stream both ways')
  return {
    stream,
    pid: child.pid,
    ended: endOf(child, () => lastWords.trim()),
    kill: () => child.kill('SIGKILL'),
  }
}

function endOf(child: ChildProcess, lastWords: () => string): StartedEngine['ended'] {
  return new Promise(resolve => {
    child.on('error', error =>
      resolve({ how: `could not be started: ${error.message}`, lastWords: '' }),
    )
    child.on('close', (code, signal) =>
      resolve({
        how: signal === null ? `ended with status ${code}` : `was ended by ${signal}`,
        lastWords: lastWords(),
      }),
    )
  })
}
