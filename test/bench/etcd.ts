// Figures of the state store on a real etcd started for it: from a change to the copy, a whole list, the return of a lost etcd.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { Etcd3 } from 'etcd3'
import { openEtcd } from '../../src/etcd/client.ts'
import { ConfigReader } from '../../src/etcd/config-reader.ts'
import { encode, hwmValue, keys, settingsValue, vmValue } from '../../src/etcd/layout.ts'
import { Reflector } from '../../src/etcd/reflector.ts'
import type { StateStore, Write } from '../../src/etcd/store.ts'
import { type RealEtcd, startEtcd } from '../etcd/etcd-process.ts'
import type { Row } from './row.ts'

const CLUSTER = 'bench'
const CHANGES = 500
const HWMS = 1_000
const VMS = 10_000
/** etcd change to screen is 100 ms; what the store takes of it must leave room for engine and terminal. */
const CHANGE_BUDGET_MS = 20

export async function benchEtcd(): Promise<Row[]> {
  await using etcd = await startEtcd(3)
  await using store = await openEtcd({ endpoints: etcd.endpoints }, CLUSTER, { first: 0 })
  return [
    ...(await changeToCopy(etcd, store)),
    ...(await wholeCluster(etcd, store)),
    ...(await returnOfEtcd(etcd, store)),
  ]
}

async function changeToCopy(etcd: RealEtcd, store: StateStore): Promise<Row[]> {
  const arrivals = new Map<string, (at: number) => void>()
  const arrived = (value: string) => arrivals.get(value)?.(performance.now())
  using reflector = new Reflector(store, 'x', {
    changed(changes) {
      for (const change of changes) if (change.type === 'put') arrived(change.kv.value)
    },
    status: () => undefined,
  })
  await live(reflector)
  const ours = await latencies('ours', arrivals, store)

  const client = new Etcd3({ hosts: etcd.endpoints[0] ?? '' })
  const watcher = await client.watch().key(`/yasco/${CLUSTER}/y`).create()
  watcher.on('put', kv => arrived(kv.value.toString()))
  const theirs = await latencies('theirs', arrivals, store, 'y')
  client.close()
  return ([50, 99] as const).map(percent => {
    const figure = percentile(ours, percent)
    return {
      what: `etcd: commit sent to change in the copy, p${percent} of ${CHANGES}`,
      budget: CHANGE_BUDGET_MS,
      figure,
      unit: 'ms',
      ok: figure <= CHANGE_BUDGET_MS,
      peer: `etcd3's own watch ${percentile(theirs, percent).toFixed(1)} ms`,
    }
  })
}

async function latencies(
  name: string,
  arrivals: Map<string, (at: number) => void>,
  store: StateStore,
  key = 'x',
): Promise<number[]> {
  const took: number[] = []
  for (let i = 0; i < CHANGES; i++) {
    const value = `${name} ${i}`
    const { promise, resolve } = Promise.withResolvers<number>()
    arrivals.set(value, resolve)
    const sent = performance.now()
    await store.commit({ if: [], then: [{ put: key, value }] })
    took.push((await promise) - sent)
    arrivals.delete(value)
  }
  return took
}

async function wholeCluster(etcd: RealEtcd, store: StateStore): Promise<Row[]> {
  const writes = [...clusterWrites()]
  for (let i = 0; i < writes.length; i += 100)
    await store.commit({ if: [], then: writes.slice(i, i + 100) })
  const [listMs, { kvs }] = await timed(() => store.list(''))
  const [ctlMs] = await timed(() =>
    promisify(execFile)(
      'etcdctl',
      ['--endpoints', etcd.endpoints[0] ?? '', 'get', `/yasco/${CLUSTER}/`, '--prefix'],
      { env: { ...process.env, ETCDCTL_API: '3' }, maxBuffer: 1e9 },
    ),
  )
  const reader = new ConfigReader({ endpoints: etcd.endpoints })
  const contents = new Map(kvs.map(kv => [kv.key, kv]))
  const [firstMs] = await timed(() => reader.read(contents))
  const one = contents.get(keys.vm('vm-5000'))
  if (!one) throw new Error('the list is not whole')
  contents.set(one.key, { ...one, modRevision: one.modRevision + 1 })
  const [againMs] = await timed(() => reader.read(contents))
  const size = `${HWMS} HWMs and ${VMS} VMs`
  return [
    row(`etcd: list ${size}`, listMs, 2_000, `etcdctl get ${ctlMs.toFixed(0)} ms`),
    row(`etcd: read the configuration of ${size}, first time`, firstMs, 1_000),
    row('etcd: read it again after one VM changed', againMs, 20),
  ]
}

async function returnOfEtcd(etcd: RealEtcd, store: StateStore): Promise<Row[]> {
  using reflector = new Reflector(store, 'hwms/', {
    changed: () => undefined,
    status: () => undefined,
  })
  await live(reflector)
  const members = [0, 1, 2]
  for (const index of members) await etcd.kill(index)
  await until(() => reflector.status.state === 'stale')
  for (const index of members) etcd.spawn(index)
  await using other = await openEtcd({ endpoints: etcd.endpoints }, 'probe')
  await until(() => answers(other))
  const [backMs] = await timed(() => live(reflector))

  const [noticedMs] = await timed(async () => {
    for (const index of members) etcd.freeze(index)
    await until(() => reflector.status.state !== 'live')
  })
  for (const index of members) etcd.thaw(index)
  return [
    row('etcd: all members back to copy up to date', backMs, 2_000),
    row('etcd: all members fall silent to noticed', noticedMs, 5_000),
  ]
}

function answers(store: StateStore): Promise<boolean> {
  return store.get('x', { timeoutMs: 200 }).then(
    () => true,
    () => false,
  )
}

function* clusterWrites(): Generator<Write> {
  const settings = { cluster: CLUSTER, tolerate: 1, domains: '/srv/domains' }
  yield { put: keys.settings, value: encode(settingsValue, settings) }
  const capacity = { ram: 64 * 2 ** 30, cpu: 16_000 }
  for (let i = 0; i < HWMS; i++) {
    const libvirt = `qemu+ssh://root@10.0.${i >> 8}.${i & 255}/system`
    yield { put: keys.hwm(`hwm-${i}`), value: encode(hwmValue, { libvirt, capacity }) }
  }
  const resources = { ram: 2 * 2 ** 30, cpu: 2_000 }
  for (let i = 0; i < VMS; i++) {
    const value = encode(vmValue, { ha: true, home: `hwm-${i % HWMS}`, resources })
    yield { put: keys.vm(`vm-${i}`), value }
  }
}

function row(what: string, figure: number, budget: number, peer?: string): Row {
  return { what, budget, figure, unit: 'ms', ok: figure <= budget, ...(peer && { peer }) }
}

async function timed<T>(run: () => T | Promise<T>): Promise<[number, T]> {
  const began = performance.now()
  const result = await run()
  return [performance.now() - began, result]
}

function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? NaN
}

function live(reflector: Reflector): Promise<void> {
  return until(() => reflector.status.state === 'live')
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const limit = performance.now() + 30_000
  while (!(await holds())) {
    if (performance.now() > limit) throw new Error('it did not come to be within 30 s')
    await new Promise(resolve => setTimeout(resolve, 2))
  }
}
