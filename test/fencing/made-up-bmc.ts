// A Redfish service on loopback with the manners of real ones, good and bad.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Manners {
  power: string
  uuid: string
  /** What the state is after a ForceOff was accepted; real devices take a while. */
  afterOff: string[]
  /** Answers 409 when it is off already. */
  conflict: boolean
  resetTarget: string
}

export interface MadeUpBmc extends AsyncDisposable {
  readonly url: string
  readonly manners: Manners
  readonly asked: string[]
}

export async function madeUpBmc(manners: Partial<Manners> = {}): Promise<MadeUpBmc> {
  const now: Manners = {
    power: 'On',
    uuid: '4c4c4544-0000-1010-8000-000000000001',
    afterOff: ['Off'],
    conflict: false,
    resetTarget: '/redfish/v1/Systems/1/Actions/ComputerSystem.Reset',
    ...manners,
  }
  const asked: string[] = []
  let pending: string[] = []
  const server = createServer((request, response) => {
    const answer = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify(body))
    }
    if (request.method === 'GET') {
      now.power = pending.shift() ?? now.power
      asked.push(`read ${now.power}`)
      answer(200, {
        UUID: now.uuid,
        PowerState: now.power,
        Actions: { '#ComputerSystem.Reset': { target: now.resetTarget } },
      })
      return
    }
    let text = ''
    request.on('data', chunk => (text += chunk))
    request.on('end', () => {
      const { ResetType: type } = JSON.parse(text)
      asked.push(type)
      if (type === 'ForceOff' && now.conflict && now.power === 'Off') {
        answer(409, { error: {} })
        return
      }
      pending = type === 'ForceOff' ? [...now.afterOff] : ['On']
      answer(204, undefined)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/redfish/v1/Systems/1`,
    manners: now,
    asked,
    [Symbol.asyncDispose]: () =>
      new Promise(resolve => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
