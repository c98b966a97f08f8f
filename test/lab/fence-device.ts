// The lab's fence device: a Redfish service outside of all hosts, as a board's management controller is. It runs in the
// management namespace for as long as the lab; power is a host's first process. Its argument is the lab's name.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import type { DeviceFault } from './device-fault.ts'
import { readDeviceFault } from './device-fault.ts'
import type { LabHost } from './host.ts'
import { defaultLabName, Lab } from './index.ts'
import { managementAddress, redfishPort } from './layout.ts'

const lab = Lab.attach(process.argv[2] ?? defaultLabName)
const password = readFileSync(lab.layout.devicePassword, 'utf8').trim()
const expected = `Basic ${Buffer.from(`${lab.layout.deviceUser}:${password}`).toString('base64')}`
const systems = '/redfish/v1/Systems'

type PowerState = 'On' | 'Off' | 'PoweringOn' | 'PoweringOff'
/** Hosts whose power is changing just now. */
const changing = new Map<string, PowerState>()

/** What a request is answered with. */
interface Answer {
  readonly status: number
  readonly body?: unknown
}

function failure(status: number, message: string): Answer {
  const info = [{ MessageId: 'Base.1.8.GeneralError', Message: message }]
  return {
    status,
    body: { error: { code: 'Base.1.8.GeneralError', message, '@Message.ExtendedInfo': info } },
  }
}

function powerOf(host: LabHost): PowerState {
  return changing.get(host.name) ?? (host.isUp() ? 'On' : 'Off')
}

function describe(id: string, host: LabHost): Answer {
  const here = `${systems}/${id}`
  return {
    status: 200,
    body: {
      '@odata.id': here,
      '@odata.type': '#ComputerSystem.v1_13_0.ComputerSystem',
      Id: id,
      Name: id,
      HostName: host.name,
      UUID: host.layout.uuid,
      PowerState: powerOf(host),
      Actions: {
        '#ComputerSystem.Reset': {
          target: `${here}/Actions/ComputerSystem.Reset`,
          'ResetType@Redfish.AllowableValues': ['On', 'ForceOff', 'ForceRestart'],
        },
      },
    },
  }
}

async function switchOff(host: LabHost, fault: DeviceFault): Promise<void> {
  changing.set(host.name, 'PoweringOff')
  try {
    await delay(fault.transitionMs ?? 0)
    await host.kill()
  } finally {
    changing.delete(host.name)
  }
}

async function switchOn(host: LabHost): Promise<void> {
  changing.set(host.name, 'PoweringOn')
  try {
    await host.start()
  } finally {
    changing.delete(host.name)
  }
}

/** Begins what is asked and answers at once, as boards do: that a command was accepted says nothing about the power. */
function reset(host: LabHost, fault: DeviceFault, type: unknown): Answer {
  if (fault.refuses) return failure(500, 'The service is not able to carry this out.')
  if (fault.ignores) return { status: 204 }
  const power = powerOf(host)
  const begin = (work: Promise<void>): Answer => {
    work.catch((error: unknown) => console.error(`${host.name}:`, error))
    return { status: 204 }
  }
  switch (type) {
    case 'ForceOff':
      // Many boards answer so when there is nothing to do; it is not a failure.
      return power === 'Off'
        ? failure(409, 'The power is off already.')
        : begin(switchOff(host, fault))
    case 'On':
      return power === 'On' ? failure(409, 'The power is on already.') : begin(switchOn(host))
    case 'ForceRestart':
      return begin(switchOff(host, fault).then(() => switchOn(host)))
    default:
      return failure(400, `ResetType ${String(type)} is not supported.`)
  }
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  try {
    return JSON.parse(Buffer.concat(chunks).toString())
  } catch {
    return undefined // answered as a request without a ResetType
  }
}

async function answerFor(request: IncomingMessage): Promise<Answer | 'silence'> {
  const path = (request.url ?? '').replace(/\/$/, '')
  const root = {
    '@odata.id': '/redfish/v1',
    RedfishVersion: '1.8.0',
    Systems: { '@odata.id': systems },
  }
  if (path === '/redfish/v1') return { status: 200, body: root }
  if (request.headers.authorization !== expected)
    return failure(401, 'Wrong user name or password.')
  if (path === systems) {
    const members = lab.hosts.map(host => ({ '@odata.id': `${systems}/${host.name}` }))
    return { status: 200, body: { Members: members, 'Members@odata.count': members.length } }
  }
  const [id = '', ...rest] = path.startsWith(`${systems}/`)
    ? path.slice(systems.length + 1).split('/')
    : []
  const named = lab.hosts.find(host => host.name === id)
  if (!named) return failure(404, `There is no ${path}.`)
  const fault = readDeviceFault(named.layout)
  await delay(fault.slowMs ?? 0)
  if (fault.silent) return 'silence'
  const host = fault.wiredTo === undefined ? named : lab.host(fault.wiredTo)
  if (rest.length === 0 && request.method === 'GET') return describe(id, host)
  if (rest.join('/') === 'Actions/ComputerSystem.Reset' && request.method === 'POST') {
    const { ResetType } = ((await bodyOf(request)) ?? {}) as { ResetType?: unknown }
    return reset(host, fault, ResetType)
  }
  return failure(404, `There is no ${request.method} ${path}.`)
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const answer = await answerFor(request)
  if (answer === 'silence') return
  response.writeHead(answer.status, { 'content-type': 'application/json' })
  response.end(answer.body === undefined ? undefined : JSON.stringify(answer.body))
}

createServer((request, response) => {
  serve(request, response).catch((error: unknown) => {
    console.error(request.method, request.url, error)
    response.destroy()
  })
}).listen(redfishPort, managementAddress)
