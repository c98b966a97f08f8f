// Fence devices that speak Redfish (DMTF DSP0266): three requests of the ComputerSystem resource.
// Before an HWM's power is taken away, the system's UUID is compared with the one configured, so that no other host is hit.
import { readFile } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { FenceDevice } from '../model/cluster.ts'
import { FenceFailed, type FenceCallOptions, type FenceDevicePort, type Power } from './device.ts'

const TIMEOUT_MS = 15_000
const BODY_LIMIT = 1024 * 1024
const CONFLICT = 409

interface Reply {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

/**
 * Options: `url` of the system (`https://10.0.1.112/redfish/v1/Systems/1`), `username`, `password-file`, `uuid` (the host's SMBIOS
 * UUID; strongly advised), `insecure` = `1` for a certificate that cannot be checked.
 */
export function redfish(config: FenceDevice): FenceDevicePort {
  const { url, username, uuid } = config.options
  const passwordFile = config.options['password-file']
  const label = `redfish ${url ?? '(no url)'}`
  const { host, system } = urlOf(url, label)

  async function authorization(): Promise<string | undefined> {
    if (username === undefined) return undefined
    let password = ''
    try {
      if (passwordFile !== undefined) password = (await readFile(passwordFile, 'utf8')).trimEnd()
    } catch (error) {
      throw new FenceFailed(label, `option password-file: ${passwordFile} cannot be read`, {
        cause: error,
      })
    }
    return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
  }

  async function send(
    method: 'GET' | 'POST',
    target: URL,
    body: unknown,
    options: FenceCallOptions = {},
  ): Promise<Reply> {
    const timeoutMs = options.timeoutMs ?? TIMEOUT_MS
    const timeout = AbortSignal.timeout(timeoutMs)
    const signal =
      options.signal === undefined ? timeout : AbortSignal.any([options.signal, timeout])
    const authorized = await authorization()
    const payload = body === undefined ? undefined : JSON.stringify(body)
    const request = target.protocol === 'https:' ? httpsRequest : httpRequest
    return new Promise((resolve, reject) => {
      const failed = (error: Error) =>
        reject(
          new FenceFailed(
            label,
            timeout.aborted ? `gave no answer in ${timeoutMs} ms` : error.message,
            { cause: error },
          ),
        )
      const sent = request(
        target,
        {
          method,
          signal,
          rejectUnauthorized: config.options['insecure'] !== '1',
          headers: {
            accept: 'application/json',
            ...(payload !== undefined && {
              'content-type': 'application/json',
              'content-length': Buffer.byteLength(payload),
            }),
            ...(authorized !== undefined && { authorization: authorized }),
          },
        },
        response => {
          let text = ''
          response.setEncoding('utf8')
          response.on('data', (chunk: string) => {
            text += chunk
            if (text.length > BODY_LIMIT)
              response.destroy(new Error('its answer is larger than 1 MiB'))
          })
          response.on('error', failed)
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, body: recordOf(text) }),
          )
        },
      )
      sent.on('error', failed)
      sent.end(payload)
    })
  }

  async function get(options?: FenceCallOptions): Promise<Reply['body']> {
    const { status, body } = await send('GET', system, undefined, options)
    if (status !== 200) throw new FenceFailed(label, `answered ${status} to a reading`)
    const found = body['UUID']
    if (uuid !== undefined && String(found).toLowerCase() !== uuid.toLowerCase()) {
      throw new FenceFailed(
        label,
        `is the device of another host: its system has UUID ${String(found)}, configured is ${uuid}`,
      )
    }
    return body
  }

  async function reset(
    type: 'ForceOff' | 'On',
    wanted: Power,
    options?: FenceCallOptions,
  ): Promise<void> {
    const body = await get(options)
    const target = new URL(
      resetTarget(body) ?? `${system.pathname}/Actions/ComputerSystem.Reset`,
      host,
    )
    if (target.origin !== host.origin)
      throw new FenceFailed(label, `sends its commands to another host, ${target.origin}`)
    const { status } = await send('POST', target, { ResetType: type }, options)
    if (status >= 200 && status < 300) return
    // What is off already cannot be switched off: some answer 409 to that, which is no failure.
    if (status === CONFLICT && powerOf(await get(options), label) === wanted) return
    throw new FenceFailed(label, `answered ${status} to ${type}`)
  }

  return {
    label,
    power: async options => powerOf(await get(options), label),
    off: options => reset('ForceOff', 'off', options),
    on: options => reset('On', 'on', options),
  }
}

function urlOf(url: string | undefined, label: string): { host: URL; system: URL } {
  if (url === undefined || !URL.canParse(url)) {
    throw new FenceFailed(
      label,
      `option url: expected the address of the system, as https://HOST/redfish/v1/Systems/ID`,
    )
  }
  return { host: new URL('/', url), system: new URL(url) }
}

function recordOf(text: string): Readonly<Record<string, unknown>> {
  if (text === '') return {}
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {}
  } catch (error) {
    return { unreadable: String(error) }
  }
}

function powerOf(body: Readonly<Record<string, unknown>>, label: string): Power {
  switch (body['PowerState']) {
    case 'On':
      return 'on'
    case 'Off':
      return 'off'
    case 'PoweringOn':
    case 'PoweringOff':
    case 'Paused':
      return 'changing'
    default:
      throw new FenceFailed(
        label,
        `says PowerState ${JSON.stringify(body['PowerState'])}, which is not a state`,
      )
  }
}

function resetTarget(body: Readonly<Record<string, unknown>>): string | undefined {
  const actions: unknown = body['Actions']
  if (typeof actions !== 'object' || actions === null || !('#ComputerSystem.Reset' in actions))
    return undefined
  const reset = actions['#ComputerSystem.Reset']
  if (typeof reset !== 'object' || reset === null || !('target' in reset)) return undefined
  return typeof reset.target === 'string' ? reset.target : undefined
}
