// Fence devices through the executables of ClusterLabs' fence-agents (and whatever speaks like them): options as name=value lines on
// standard input, `action` among them. Status: exit 0 is on, 2 is off, everything else is no answer. (FenceAgentAPI.md of fence-agents.)
import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import type { FenceDevice } from '../model/cluster.ts'
import { FenceFailed, type FenceCallOptions, type FenceDevicePort, type Power } from './device.ts'

const TIMEOUT_MS = 20_000
const OUTPUT_LIMIT = 64 * 1024
const STATUS_OFF = 2

/**
 * `config.agent`: the executable's name or path. Options whose name ends in `-file` are read from that file and passed without the
 * ending: `password-file` becomes `password`, so that no secret lies in the cluster file or on a command line.
 */
export function fenceAgent(config: FenceDevice): FenceDevicePort {
  const label = [
    config.agent,
    config.options['ip'] ?? config.options['ipaddr'],
    config.options['plug'] ?? config.options['port'],
  ]
    .filter(part => part !== undefined)
    .join(' ')

  async function run(
    action: string,
    options: FenceCallOptions = {},
  ): Promise<{ code: number; said: string }> {
    const input = { ...(await optionsOf(config.options, label)), action }
    const timeout = AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS)
    const signal =
      options.signal === undefined ? timeout : AbortSignal.any([options.signal, timeout])
    return new Promise((resolve, reject) => {
      const child = spawn(config.agent, [], {
        stdio: ['pipe', 'pipe', 'pipe'],
        signal,
        killSignal: 'SIGKILL',
      })
      let said = ''
      const hear = (chunk: Buffer) => {
        if (said.length < OUTPUT_LIMIT) said += chunk.toString('utf8')
      }
      child.stdout.on('data', hear)
      child.stderr.on('data', hear)
      child.on('error', error => {
        const reason = timeout.aborted
          ? `gave no answer to '${action}' in ${options.timeoutMs ?? TIMEOUT_MS} ms`
          : `cannot be run: ${error.message}`
        reject(new FenceFailed(label, reason, { cause: error }))
      })
      child.on('close', code => resolve({ code: code ?? -1, said: said.trim() }))
      // An agent that ends before it has read everything closes the pipe; its exit status tells why.
      child.stdin.on('error', () => child.stdin.destroy())
      child.stdin.end(
        Object.entries(input)
          .map(([name, value]) => `${name}=${value}\n`)
          .join(''),
      )
    })
  }

  async function command(action: 'on' | 'off', options?: FenceCallOptions): Promise<void> {
    const { code, said } = await run(action, options)
    if (code !== 0)
      throw new FenceFailed(label, `'${action}' failed with status ${code}${quoted(said)}`)
  }

  return {
    label,
    async power(options): Promise<Power> {
      const { code, said } = await run('status', options)
      if (code === 0) return 'on'
      if (code === STATUS_OFF) return 'off'
      throw new FenceFailed(label, `'status' failed with status ${code}${quoted(said)}`)
    },
    off: options => command('off', options),
    on: options => command('on', options),
  }
}

async function optionsOf(
  options: Readonly<Record<string, string>>,
  label: string,
): Promise<Record<string, string>> {
  const read: Record<string, string> = {}
  for (const [name, value] of Object.entries(options)) {
    if (!name.endsWith('-file')) {
      read[name] = value
      continue
    }
    try {
      read[name.slice(0, -'-file'.length)] = (await readFile(value, 'utf8')).trimEnd()
    } catch (error) {
      throw new FenceFailed(label, `option ${name}: ${value} cannot be read`, { cause: error })
    }
  }
  return read
}

function quoted(said: string): string {
  const last = said.split('\n').at(-1) ?? ''
  return last === '' ? '' : `: ${last}`
}
