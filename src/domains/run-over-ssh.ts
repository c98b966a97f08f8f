// Runs scripts on the host of a libvirt URI: over the SSH connections that its libvirt is reached by, or here when the URI names no host.
import { SshCommandFailed } from '../libvirt/ssh/errors.ts'
import type { SshConnections } from '../libvirt/ssh/connections.ts'
import { shellQuote } from '../libvirt/ssh/connection.ts'
import { sshTarget } from '../libvirt/ssh/dial.ts'
import { isSsh, parseLibvirtUri } from '../libvirt/uri.ts'
import { runHere } from './run-here.ts'
import { RunFailed, type RunOnHwm, RunTimedOut } from './store.ts'

const LIMIT_MS = 5_000
const OUTPUT_LIMIT = 16 * 1024 * 1024

/**
 * Over SSH where the URI does, here where it names no host. Where it is plain TCP or TLS there is no shell: every call is a `RunFailed`.
 * Errors of the connection itself are those of libvirt/ssh/errors.ts.
 */
export function runOn(uri: string, connections: SshConnections): RunOnHwm {
  const parsed = parseLibvirtUri(uri)
  if (!isSsh(parsed)) {
    if (parsed.host === undefined) return runHere()
    return () =>
      Promise.reject(
        new RunFailed(`${parsed.host} is reached over ${parsed.transport}, which has no shell`),
      )
  }
  const target = sshTarget(parsed)
  return async (script, { args = [], input, mayHang = false, timeoutMs = LIMIT_MS, signal }) => {
    using lease = await connections.acquire(target, { timeoutMs, ...(signal && { signal }) })
    const command = ['/bin/sh', '-c', script, 'yasco', ...args].map(shellQuote).join(' ')
    const limits = { timeoutMs, outputLimit: OUTPUT_LIMIT, mayHang, ...(signal && { signal }) }
    try {
      const {
        code,
        stdout,
        stderr,
        signal: killedBy,
      } = await lease.exec(command, {
        ...limits,
        ...(input !== undefined && { input }),
      })
      if (code === undefined)
        throw new RunFailed(`a script on ${lease.host} was ended by ${killedBy}`)
      return { status: code, stdout, stderr }
    } catch (error) {
      if (!(error instanceof SshCommandFailed)) throw error
      if (error.why === 'timeout') throw new RunTimedOut(lease.host, timeoutMs)
      throw new RunFailed(error.message, { cause: error })
    }
  }
}
