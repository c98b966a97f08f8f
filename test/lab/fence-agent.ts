// The fence agent behind `fence_lab`: options as name=value on standard input, exit status 0 for success, 2 for "it is off",
// 1 for everything that went wrong. It talks to the lab's Redfish service, but as an agent of ClusterLabs' would be called.
// Options: action (off, on, status, monitor, list, metadata), plug, url (of the service), username, password or
// password_file, power_timeout (seconds).
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

const pollMs = 50
const answerLimitMs = 5_000

const metadata = `<?xml version="1.0" ?>
<resource-agent name="fence_lab" shortdesc="Fence agent for yasco's lab">
  <parameters>
    <parameter name="action" required="1"><content type="string" default="status"/></parameter>
    <parameter name="plug" required="1"><content type="string"/></parameter>
    <parameter name="url" required="1"><content type="string"/></parameter>
    <parameter name="username" required="0"><content type="string"/></parameter>
    <parameter name="password" required="0"><content type="string"/></parameter>
    <parameter name="password_file" required="0"><content type="string"/></parameter>
    <parameter name="power_timeout" required="0"><content type="second" default="20"/></parameter>
  </parameters>
  <actions>
    <action name="on"/><action name="off"/><action name="status"/><action name="monitor"/>
    <action name="list"/><action name="metadata"/>
  </actions>
</resource-agent>`

function readOptions(): Map<string, string> {
  const lines = readFileSync(0, 'utf8').split('\n')
  return new Map(
    lines
      .map(line => line.trim())
      .filter(line => line.includes('=') && !line.startsWith('#'))
      .map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  )
}

const options = readOptions()

function option(name: string): string {
  const value = options.get(name)
  if (value === undefined) throw new Error(`Failed: You have to set '${name}'`)
  return value
}

async function ask(path: string, body?: unknown): Promise<Response> {
  const file = options.get('password_file')
  const password =
    file === undefined ? (options.get('password') ?? '') : readFileSync(file, 'utf8').trim()
  const user = `${options.get('username') ?? ''}:${password}`
  return fetch(`${option('url')}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    body: body === undefined ? null : JSON.stringify(body),
    headers: { authorization: `Basic ${Buffer.from(user).toString('base64')}` },
    signal: AbortSignal.timeout(answerLimitMs),
  })
}

async function json<T>(path: string): Promise<T> {
  const answer = await ask(path)
  if (!answer.ok) throw new Error(`Failed: ${answer.status} for ${path}`)
  return (await answer.json()) as T
}

async function power(): Promise<string> {
  const system = await json<{ PowerState: string }>(`/redfish/v1/Systems/${option('plug')}`)
  return system.PowerState
}

/** Asks for a power state and waits until the device reads it back. */
async function switchTo(wanted: 'On' | 'Off'): Promise<number> {
  const type = wanted === 'On' ? 'On' : 'ForceOff'
  const end = performance.now() + Number(options.get('power_timeout') ?? '20') * 1000
  if ((await power()) !== wanted) {
    const path = `/redfish/v1/Systems/${option('plug')}/Actions/ComputerSystem.Reset`
    const answer = await ask(path, { ResetType: type })
    if (!answer.ok && answer.status !== 409) throw new Error(`Failed: ${answer.status} for ${type}`)
  }
  while ((await power()) !== wanted) {
    if (performance.now() > end) throw new Error('Failed: Timed out waiting to power off')
    await delay(pollMs)
  }
  console.log(`Success: Powered ${wanted.toUpperCase()}`)
  return 0
}

async function status(): Promise<number> {
  const isOff = (await power()) === 'Off'
  console.log(`Status: ${isOff ? 'OFF' : 'ON'}`)
  return isOff ? 2 : 0
}

async function list(): Promise<number> {
  const { Members } = await json<{ Members: { '@odata.id': string }[] }>('/redfish/v1/Systems')
  for (const member of Members) console.log(`${member['@odata.id'].split('/').at(-1)},`)
  return 0
}

const actions: Record<string, () => Promise<number> | number> = {
  off: () => switchTo('Off'),
  on: () => switchTo('On'),
  status,
  monitor: async () => {
    await json('/redfish/v1/Systems')
    return 0
  },
  list,
  metadata: () => {
    console.log(metadata)
    return 0
  },
}

try {
  const action = actions[option('action')]
  if (!action) throw new Error(`Failed: Unrecognised action '${option('action')}'`)
  process.exitCode = await action()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
