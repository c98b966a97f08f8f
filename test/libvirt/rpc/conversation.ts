// One conversation of a client with libvirt's test driver, the same at each run: recorded once (record.ts), replayed by tests.
import type { Duplex } from 'node:stream'
import { RpcConnection } from '../../../src/libvirt/connection.ts'
import { handshake } from '../../../src/libvirt/handshake.ts'
import type { DomainEvent } from '../../../src/libvirt/hypervisor.ts'
import { RemoteMachine } from '../../../src/libvirt/remote-machine.ts'
import type { Clock } from '../../../src/model/clock.ts'

const XML = `<domain type='test'><name>told</name><uuid>c7a5fdbd-edaf-9455-926a-d65c16db1809</uuid>
<memory unit='MiB'>8</memory><os><type>hvm</type></os></domain>`

/** What each question gave, in order: a value, or the error it failed with. */
export type Transcript = readonly (readonly [string, unknown])[]

/** Talks over `stream`; ends when the last question has its answer or the connection is lost. `onEnd` gets the connection for a last look. */
export async function converse(stream: Duplex, clock?: Clock): Promise<Transcript> {
  const said: [string, unknown][] = []
  await using connection = new RpcConnection(stream, {
    label: 'recorded',
    limit: 1,
    ...(clock !== undefined && { clock }),
  })
  const events: DomainEvent[] = []
  const machine = new RemoteMachine(connection)
  const ask = async (name: string, question: () => Promise<unknown>): Promise<void> => {
    try {
      said.push([name, await question()])
    } catch (error) {
      said.push([name, error])
    }
  }
  const domain = { name: 'told', uuid: 'c7a5fdbd-edaf-9455-926a-d65c16db1809' }
  await ask('handshake', () =>
    handshake(
      connection,
      {
        name: 'test:///default',
        readOnly: false,
        keepalive: { intervalMs: 1_000_000, count: 1 },
      },
      {},
    ),
  )
  machine.onDomainEvent(event => void events.push(event))
  await ask('facts', () => machine.facts())
  await ask('node info', () => machine.nodeInfo())
  await ask('domains', () => machine.domains())
  await ask('define', () => machine.define(XML))
  await ask('start', () => machine.start(domain, { paused: false }))
  await ask('stats', () => machine.stats())
  await ask('state', () => machine.domainState(domain))
  await ask('XML', () => machine.xml(domain, 'live'))
  await ask('networks', () => machine.networks())
  await ask('pools', () => machine.storagePools())
  await ask('an unknown domain', () =>
    machine.suspend({ ...domain, uuid: domain.uuid.replace('c', 'd') }),
  )
  await ask('memory statistics, which this driver has not', () => machine.hostStats())
  await ask('destroy', () => machine.destroy(domain, { graceful: false }))
  said.push(['events', events.map(({ kind, detail }) => `${kind} ${detail}`)])
  return said
}
