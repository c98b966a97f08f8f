// Runs scripts on this machine, in processes that can be left behind.
import { spawn } from 'node:child_process'
import { RunFailed, type RunOnHwm, RunTimedOut, type ScriptResult } from './store.ts'

const LIMIT_MS = 5_000
const OUTPUT_LIMIT = 16 * 1024 * 1024

/** `shell` is the program that runs the scripts; a test gives another. */
export function runHere(shell = '/bin/sh'): RunOnHwm {
  return (script, { args = [], input, timeoutMs = LIMIT_MS, signal }) => {
    const { promise, resolve, reject } = Promise.withResolvers<ScriptResult>()
    if (signal?.aborted) return Promise.reject(signal.reason)
    // Its own group, so that what it started is ended with it. Its own folder, so that it never begins on one that hangs.
    const child = spawn(shell, ['-c', script, 'yasco', ...args], { cwd: '/', detached: true })
    const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] }
    let size = 0
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size <= OUTPUT_LIMIT) output[name].push(chunk)
        else abandon(new RunFailed(`a script gave more than ${OUTPUT_LIMIT} bytes`))
      })
    }
    const timer = setTimeout(() => abandon(new RunTimedOut('this machine', timeoutMs)), timeoutMs)
    const onAbort = () => abandon(signal?.reason)
    signal?.addEventListener('abort', onAbort, { once: true })
    child.on('error', error => settle(() => reject(new RunFailed(error.message, { cause: error }))))
    child.on('close', (code, killedBy) =>
      settle(() => {
        const text = (name: 'stdout' | 'stderr') => Buffer.concat(output[name]).toString()
        if (code === null) reject(new RunFailed(`a script was ended by ${killedBy}`))
        else resolve({ status: code, stdout: text('stdout'), stderr: text('stderr') })
      }),
    )
    // A script that ends without reading its input is no error of the pipe.
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
    return promise

    function settle(how: () => void): void {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      how()
    }

    /** A process in D state does not die: it is killed for what that is worth, and no longer listened to. */
    function abandon(reason: unknown): void {
      settle(() => reject(reason))
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
      } catch (error) {
        // Gone already: that is what was wanted.
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
      }
      child.stdin.destroy()
      child.stdout.destroy()
      child.stderr.destroy()
      child.unref()
    }
  }
}
