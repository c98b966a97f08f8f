// yasco dump: the XML of every VM into the domain store, and its hash into etcd. libvirt gives no secrets unless asked for them.
import { listRecords, writeRecord } from '../../domains/in-etcd.ts'
import { localCopies } from '../../domains/local-copies.ts'
import type { DomainStore } from '../../domains/store.ts'
import { EventWriter } from '../../etcd/events.ts'
import type { StateStore } from '../../etcd/store.ts'
import { xmlHash } from '../../libvirt/xml/canonical.ts'
import type { ClusterConfig, Hwm } from '../../model/cluster.ts'
import { confirm, refuseIfReadOnly } from '../ask.ts'
import { hashOr } from '../hash-or.ts'
import type { Context, Run } from '../context.ts'
import { openDomainStore } from '../domain-store.ts'
import {
  type DumpItem,
  type DumpPlan,
  type DumpState,
  planDump,
  type Sighting,
} from '../dump-plan.ts'
import { CommandFailed, EXIT } from '../exit.ts'
import { operatorOf } from '../operator.ts'
import { columns, printJson, printLines } from '../print.ts'
import { openForReading } from '../reach.ts'
import { withCluster } from '../stored-cluster.ts'

const OPEN_MS = 15_000
const RUNNING = new Set(['running', 'blocked', 'paused', 'shutdown', 'suspended'])

export const run: Run = context => {
  if (!context.options.has('dry-run')) refuseIfReadOnly(context)
  return withCluster(context, async ({ config, homes }, store) => {
    const { sightings, silent } = await look(context, config.hwms)
    const target = await openDomainStore(context, config, store)
    const plan = planDump({
      config,
      homes: homes?.homes ?? {},
      sightings,
      stored: await storedHashes(
        context,
        target,
        config.vms.map(vm => vm.name),
      ),
      recorded: new Map(
        Array.from(await listRecords(store, context), ([vm, { hash }]) => [vm, hash]),
      ),
    })
    const isJson = context.options.has('json')
    show(context, plan, silent, target)
    const todo = plan.items.filter(({ state }) => state !== 'same')
    if (todo.length > 0 && !context.options.has('dry-run')) {
      await confirm(
        context,
        `Write ${todo.length === 1 ? 'this XML' : `these ${todo.length} XMLs`} to ${target.name}?`,
      )
      await write(context, store, target, todo)
      await log(context, store, target, todo)
      if (!isJson) printLines(context, [`${todo.length} written to ${target.name}`])
    }
    if (context.options.has('dry-run')) return silent.length === 0 ? EXIT.done : EXIT.partly
    const copied = await copyToAll(context, config, plan)
    const uncopied = copied.filter(({ problem }) => problem !== '')
    if (isJson) printJson(context, 'DumpCopies', { hwms: copied })
    else
      printLines(
        context,
        uncopied.map(({ hwm, problem }) => `no copies on ${hwm}: ${problem}`),
      )
    return silent.length + uncopied.length === 0 ? EXIT.done : EXIT.partly
  })
}

interface Looked {
  readonly sightings: readonly Sighting[]
  /** HWMs that did not answer, each with why. */
  readonly silent: readonly string[]
}

async function look(context: Context, hwms: readonly Hwm[]): Promise<Looked> {
  const answers = await Promise.allSettled(hwms.map(hwm => sightingsOn(context, hwm)))
  context.signal.throwIfAborted()
  const sightings = answers.flatMap(answer => (answer.status === 'fulfilled' ? answer.value : []))
  const silent = answers.flatMap((answer, index) =>
    answer.status === 'rejected' ? [`${hwms[index]?.name}: ${messageOf(answer.reason)}`] : [],
  )
  if (silent.length === hwms.length && hwms.length > 0) {
    throw new CommandFailed(EXIT.partly, `no HWM answers:\n  ${silent.join('\n  ')}`)
  }
  return { sightings, silent }
}

async function sightingsOn(
  context: Context,
  { name: hwm, libvirt }: Hwm,
): Promise<readonly Sighting[]> {
  const { signal } = context
  await using hypervisor = await openForReading(context, libvirt, OPEN_MS)
  const domains = await hypervisor.domains({ signal })
  return await Promise.all(
    domains.map(async domain => {
      const xml = await hypervisor.xml(domain, domain.persistent ? 'inactive' : 'live', { signal })
      return { vm: domain.name, hwm, xml, hash: xmlHash(xml), isRunning: RUNNING.has(domain.state) }
    }),
  )
}

/** XML in the store that is no domain any more counts as another one: it is written anew. */
async function storedHashes(
  { signal }: Context,
  store: DomainStore,
  vms: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const xmls = await store.readMany(vms, { signal })
  return new Map(Array.from(xmls, ([vm, xml]) => [vm, hashOr(xml, 'broken')]))
}

const WORDS: Readonly<Record<DumpState, string>> = {
  new: '+ new',
  changed: '~ changed',
  unrecorded: '~ hash only',
  same: '  same',
}

function show(
  context: Context,
  plan: DumpPlan,
  silent: readonly string[],
  target: DomainStore,
): void {
  const { items, missing, unmanaged, notes } = plan
  if (context.options.has('json')) {
    const rows = items.map(({ vm, state, source: { hwm, hash } }) => ({ vm, state, hwm, hash }))
    printJson(context, 'DumpPlan', {
      store: target.name,
      vms: rows,
      missing,
      unmanaged,
      notes,
      silent,
    })
    return
  }
  const rows = items.map(({ vm, state, source }) => [
    WORDS[state],
    vm,
    `from ${source.hwm}`,
    source.hash.slice(0, 12),
  ])
  printLines(context, [
    ...columns(rows),
    ...notes,
    ...(missing.length > 0 ? [`on no HWM that answers: ${missing.join(', ')}`] : []),
    ...(unmanaged.length > 0
      ? [`not in the cluster file, and left out: ${unmanaged.join(', ')}`]
      : []),
    ...silent.map(text => `not asked: ${text}`),
    ...(items.every(({ state }) => state === 'same')
      ? [`nothing to write: ${target.name} has it all`]
      : []),
  ])
}

/** One after the other: the store is a shared disk, and a failure in the middle leaves whole files only. */
async function write(
  context: Context,
  store: StateStore,
  target: DomainStore,
  todo: readonly DumpItem[],
): Promise<void> {
  const { signal } = context
  let done = 0
  for (const { vm, state, source } of todo) {
    try {
      if (state !== 'unrecorded') await target.write(vm, source.xml, { signal })
      const isInEtcd = target.name === 'etcd'
      const record = { hash: source.hash, when: new Date().toISOString(), from: source.hwm }
      await writeRecord(store, vm, isInEtcd ? { ...record, xml: source.xml } : record, { signal })
      done++
    } catch (error) {
      if (done === 0) throw error
      throw new CommandFailed(
        EXIT.partly,
        `${done} of ${todo.length} were written, then: ${messageOf(error)}`,
        { cause: error },
      )
    }
  }
}

interface Copied {
  readonly hwm: string
  /** VMs whose copy there was written anew. */
  readonly written: readonly string[]
  /** Why its copies could not be brought up to date; empty: they are. */
  readonly problem: string
}

/** Every HWM's own copies, where they differ. */
async function copyToAll(
  context: Context,
  { cluster, hwms }: ClusterConfig,
  { items }: DumpPlan,
): Promise<readonly Copied[]> {
  const { signal, reach } = context
  const copy = async ({ name, libvirt }: Hwm): Promise<readonly string[]> => {
    const written: string[] = []
    const copies = localCopies(cluster, name, reach.shell(libvirt))
    const there = await copies.readMany(
      items.map(({ vm }) => vm),
      { signal },
    )
    for (const { vm, source } of items) {
      const text = there.get(vm)
      if (text !== undefined && hashOr(text, 'broken') === source.hash) continue
      await copies.write(vm, source.xml, { signal })
      written.push(vm)
    }
    return written
  }
  // What has no shell keeps no copies: yasco doctor tells of it.
  const reached = hwms.filter(({ libvirt }) => !/^[a-z]+\+(tcp|tls):/.test(libvirt))
  const answers = await Promise.allSettled(reached.map(copy))
  signal.throwIfAborted()
  return answers.map((answer, index) => {
    const hwm = reached[index]?.name ?? ''
    return answer.status === 'fulfilled'
      ? { hwm, written: answer.value, problem: '' }
      : { hwm, written: [], problem: messageOf(answer.reason) }
  })
}

async function log(
  { io, options, signal }: Context,
  store: StateStore,
  target: DomainStore,
  todo: readonly DumpItem[],
): Promise<void> {
  const vms = todo.map(({ vm }) => vm)
  const named = vms.length <= 6 ? vms.join(', ') : `${vms.length} VMs`
  const what = `wrote the domain XML of ${named} to ${target.name}`
  const why = options.text('reason') ?? ''
  await new EventWriter(store, operatorOf(io)).write(
    { level: 'info', about: 'domains', what, why },
    { signal },
  )
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
