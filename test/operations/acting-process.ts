// The process behind an Actor (actor.ts): Operations on the lab's hosts, in the operator's namespace, driven over IPC. The real reach and the
// real store are looked through: the calls that change something are told by name, and the process can be held at any of them.
import { readFile } from 'node:fs/promises'
import { observe, type Observation } from '../../src/cluster/observe.ts'
import { EtcdDomainStore, writeRecord } from '../../src/domains/in-etcd.ts'
import { applyConfig } from '../../src/etcd/apply-config.ts'
import { openEtcd } from '../../src/etcd/client.ts'
import { encode, homesValue, keys, prefixes } from '../../src/etcd/layout.ts'
import {
  type CallOptions,
  type StateStore,
  StoreUnavailable,
  type Transaction,
} from '../../src/etcd/store.ts'
import type { Machine } from '../../src/libvirt/machine.ts'
import { openHypervisor } from '../../src/libvirt/open.ts'
import { SshConnections } from '../../src/libvirt/ssh/connections.ts'
import { xmlHash } from '../../src/libvirt/xml/canonical.ts'
import { realClock } from '../../src/model/clock.ts'
import type { ClusterConfig } from '../../src/model/cluster.ts'
import { parseClusterFile } from '../../src/model/cluster-file/parse.ts'
import { Operations } from '../../src/operations/operations.ts'
import { LibvirtReach } from '../../src/operations/reach-libvirt.ts'
import { until } from '../lab/processes.ts'
import type { Hold, Order, Part, Reached, Report, Told } from './actor.ts'

const CHANGES = new Set([
  'migrationBegin',
  'migrationPrepare',
  'migrationPerform',
  'migrationFinish',
  'migrationConfirm',
  'migrationAbandon',
  'migrationRollBack',
  'define',
  'start',
  'resume',
  'shutdown',
  'destroy',
])

const [file = '', shared = '', wanted = ''] = process.argv.slice(2)
const told = (report: Report) => process.send?.(report)

const counts = new Map<string, number>()
const holds = new Map<string, Hold>()
const standing: (() => void)[] = []

/** Every call that changes something passes here: before it is made, while it is made, once it is answered. */
async function through<T>(name: string, call: () => Promise<T>): Promise<T> {
  const nth = (counts.get(name) ?? 0) + 1
  counts.set(name, nth)
  const label = `${name} #${nth}`
  told({ called: label })
  const hold = holds.get(label)
  if (hold?.when === 'before') await held(label)
  const answer = call()
  if (hold?.when === 'during') {
    answer.catch(() => undefined)
    await held(label)
  }
  const value = await answer
  if (hold?.when === 'after') await held(label)
  return value
}

async function held(label: string): Promise<void> {
  holds.delete(label)
  await new Promise<void>(resolve => {
    standing.push(resolve)
    told({ reached: label })
  })
}

function watchedMachine(machine: Machine, hwm: string): Machine {
  for (const name of CHANGES) {
    const method: unknown = Reflect.get(machine, name)
    if (typeof method !== 'function') throw new TypeError(`a Machine has no ${name}`)
    Object.defineProperty(machine, name, {
      value: (...args: unknown[]) =>
        through(`${hwm} ${name}`, () => method.apply(machine, args) as Promise<unknown>),
    })
  }
  return machine
}

class WatchedReach extends LibvirtReach {
  override async ownMachine(...args: Parameters<LibvirtReach['ownMachine']>): Promise<Machine> {
    return watchedMachine(await super.ownMachine(...args), args[0])
  }
}

/** What a transaction is for, by the first key it writes: `etcd permits moved`. */
function purposeOf({ then }: Transaction): string {
  const [first] = then
  if (first === undefined) return 'etcd nothing'
  const key = 'put' in first ? first.put : first.delete
  const phase =
    'put' in first && key.startsWith('permits/') ? ` ${JSON.parse(first.value).phase}` : ''
  return `etcd ${'put' in first ? '' : 'delete '}${key.split('/')[0]}${phase}`
}

function watchedStore(store: StateStore): StateStore {
  const commit = store.commit.bind(store)
  Object.defineProperty(store, 'commit', {
    value: (transaction: Transaction, options?: CallOptions) =>
      through(purposeOf(transaction), () => commit(transaction, options)),
  })
  return store
}

/** The lab's cluster file, or one of another name with some of its VMs. */
async function configured({ name, vms, ceph }: Part): Promise<ClusterConfig> {
  const parsed = parseClusterFile(await readFile(file, 'utf8'), file, () => undefined)
  if (!parsed.ok) throw new Error(`${file} is not right`)
  const { config } = parsed
  return {
    ...config,
    cluster: name || config.cluster,
    ...(ceph && { ceph }),
    vms: config.vms.filter(vm => vms.length === 0 || vms.includes(vm.name)),
  }
}

/** Puts the configuration, the homes and the XML's hashes into etcd, as `apply` and `dump` would; once per cluster. */
async function prepare(
  store: StateStore,
  config: ClusterConfig,
  moved: Part['homes'],
): Promise<void> {
  const { kvs, revision } = await store.list('')
  if (kvs.some(kv => kv.key === keys.homes)) return
  await applyConfig(store, { kvs, revision }, config, { version: 'test', by: 'test' })
  const homes = {
    ...Object.fromEntries(
      config.vms.flatMap(({ name, home }) => (home === undefined ? [] : [[name, home]])),
    ),
    ...moved,
  }
  const when = new Date().toISOString()
  for (const vm of config.vms) {
    const xml = await readFile(`${shared}/domains/${vm.name}.xml`, 'utf8')
    await writeRecord(store, vm.name, { when, from: vm.home ?? '', hash: xmlHash(xml) })
  }
  const value = encode(homesValue, { homes, by: 'test', when: '', why: '' })
  await store.commit({ if: [{ key: keys.homes, created: 0 }], then: [{ put: keys.homes, value }] })
}

interface Opened {
  readonly store: StateStore
  readonly observation: Observation
  readonly operations: Operations
  readonly reach: WatchedReach
  readonly log: Told[]
}

/** Resolves when every HWM has answered, or is known not to. */
async function open(part: Part): Promise<Opened> {
  const config = await configured(part)
  const store = await openEtcd(config.etcd, config.cluster)
  await patiently(() => prepare(store, config, part.homes))
  const observation = observe({
    cluster: config.cluster,
    etcd: config.etcd,
    store,
    readOnly: true,
    open: (uri, options) => openHypervisor(uri, { ...options, ssh }),
  })
  const log: Told[] = []
  const reach = new WatchedReach({
    ssh,
    config: () => observation.snapshot.config,
    inEtcd: new EtcdDomainStore(store, ''),
  })
  const operations = new Operations({
    store: watchedStore(store),
    reach,
    identity: { who: `actor ${process.pid}`, from: 'test', version: 'test' },
    clock: realClock,
    snapshot: () => observation.snapshot,
    report: event => log.push(event),
  })
  const isSeen = () => {
    const { etcd, hwms } = observation.snapshot
    const views = Object.values(hwms)
    return (
      etcd.state === 'live' &&
      views.length === config.hwms.length &&
      views.every(hwm => hwm.state !== 'connecting')
    )
  }
  await until('the cluster to be seen', isSeen, { limitMs: 60_000 })
  return { store, observation, operations, reach, log }
}

/** Goes on although etcd is choosing a leader, or has much to do. */
async function patiently<T>(read: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await read()
    } catch (error) {
      if (!(error instanceof StoreUnavailable) || tries === 5) throw error
    }
  }
}

/** Resolves when etcd's changes arrive: nothing is planned before, and a small machine may be busy. */
function isLive(observation: Observation): Promise<unknown> {
  return until('etcd to be live', () => observation.snapshot.etcd.state === 'live', {
    limitMs: 30_000,
  })
}

async function obey(order: Order): Promise<unknown> {
  const opened = clusters.get(order.cluster)
  if (opened === undefined) throw new Error(`cluster '${order.cluster}' was not opened`)
  const { store, observation, operations, log } = opened
  switch (order.do) {
    case 'plan':
      await isLive(observation)
      return operations.plan(order.wanted)
    case 'commit': {
      await isLive(observation)
      const plan = await operations.plan(order.wanted)
      return operations.commit(plan, { why: 'test', ...order.confirmation })
    }
    case 'conduct':
      return operations.conduct(order.id, order.first)
    case 'ask':
      return operations.ask(order.id, order.to)
    case 'declare-off':
      return operations.declareOff(order.hwm, { device: 'the lab', id: `lab ${order.hwm}` }, 'test')
    case 'reach':
      return reachAll(opened, order)
    case 'hold':
      holds.set(order.at.call, order.at)
      return undefined
    case 'go':
      for (const goOn of standing.splice(0)) goOn()
      return undefined
    case 'permits': {
      const { kvs } = await patiently(() => store.list(prefixes.permits))
      return Object.fromEntries(
        kvs.map(kv => [kv.key.slice(prefixes.permits.length), JSON.parse(kv.value)]),
      )
    }
    case 'operation':
      return JSON.parse(
        (await patiently(() => store.get(keys.operation(order.id))))?.value ?? 'null',
      )
    case 'vms':
      return Object.fromEntries(
        Object.values(observation.snapshot.vms).map(({ name, state, where = '' }) => [
          name,
          `${state} ${where}`.trim(),
        ]),
      )
    case 'hwms':
      return Object.fromEntries(
        Object.values(observation.snapshot.hwms).map(({ name, state }) => [name, state]),
      )
    case 'log':
      return log
  }
}

async function reachAll(
  { reach, observation }: Opened,
  { hwm, vm, reads }: { readonly hwm: string; readonly vm: string; readonly reads: number },
): Promise<Reached> {
  const uuid = observation.snapshot.vms[vm]?.instances[0]?.uuid
  const run = reach.shell(hwm)
  if (uuid === undefined || run === undefined) throw new Error(`${vm} on ${hwm} is not reached`)
  const xml = await Promise.all(Array.from({ length: reads }, () => reach.storedXml(hwm, vm)))
  const process = await reach.process(hwm, uuid)
  return { xml, process, hostname: (await run('hostname', {})).stdout.trim() }
}

const ssh = new SshConnections()
const parts: readonly Part[] = JSON.parse(wanted)
const clusters = new Map<string, Opened>()
process.on('message', (message: { readonly id: number; readonly order: Order }) => {
  obey(message.order).then(
    value => told({ id: message.id, value }),
    (error: Error & { readonly lines?: readonly string[] }) =>
      told({
        id: message.id,
        error: [error.message, ...(error.lines ?? [])].join('\n'),
        name: error.name,
      }),
  )
})
// Whoever started it has ended: so does it, as if it were killed.
process.on('disconnect', () => process.exit())
await Promise.all(parts.map(async part => clusters.set(part.name, await open(part))))
told({ ready: true })
