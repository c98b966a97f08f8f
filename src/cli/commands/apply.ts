// yasco apply -f FILE: shows what would change, asks, and makes etcd say what the file says.
import { applyConfig } from '../../etcd/apply-config.ts'
import { commitOnce } from '../../etcd/commit-once.ts'
import { EventWriter } from '../../etcd/events.ts'
import { encode, homesValue, keys } from '../../etcd/layout.ts'
import type { StateStore } from '../../etcd/store.ts'
import { LibvirtUriError, parseLibvirtUri } from '../../libvirt/uri.ts'
import { differenceText } from '../../model/cluster-file/diff.ts'
import { type ParsedFile, parseClusterFile } from '../../model/cluster-file/parse.ts'
import { ClusterFileInvalid, problemText } from '../../model/cluster-file/problem.ts'
import { type ApplyPlan, changedHomes, type HomeChange, planApply } from '../apply-plan.ts'
import { applyAdmission, type ApplyAdmission } from '../apply-admission.ts'
import { confirm, refuseIfReadOnly } from '../ask.ts'
import { type Access, endpointsOf, readNamedFile } from '../cluster-access.ts'
import type { Context, Run } from '../context.ts'
import { CommandFailed, EXIT, Refused, WrongUse } from '../exit.ts'
import { operatorOf } from '../operator.ts'
import { painter, printJson, printLines } from '../print.ts'
import { readStored, type StoredCluster } from '../stored-cluster.ts'

type Readable = ParsedFile & { readonly ok: true }

/** The lease that marks what is being written; it goes with the last write. */
const LEASE_MS = 30_000

export const run: Run = async context => {
  const { options, signal } = context
  if (!options.has('dry-run')) refuseIfReadOnly(context)
  const parsed = await readFile(context)
  const access = await accessOf(context, parsed)
  await using store = await context.reach.store(access.etcd, access.cluster)
  const stored = await readStored(store, access, signal)
  const { config: before, homes } = stored
  const plan = planApply({
    before: before && { ...before, etcd: parsed.config.etcd },
    homes,
    file: parsed.config,
    says: path => parsed.says(path),
    movesHomes: options.has('homes'),
  })
  const admission =
    plan.differences.length + plan.homes.length > 0
      ? applyAdmission(before, homes, plan)
      : undefined
  show(context, plan, stored, admission)
  if (admission?.isBroken && plan.config.settings.admission === 'refuse')
    throw new Refused(`${admission.text} (settings: admission: refuse)`)
  if (plan.obstacles.length > 0) throw new Refused(plan.obstacles.join('\n       '))
  if (plan.differences.length + plan.homes.length === 0 || options.has('dry-run')) return EXIT.done
  await confirm(context, question(access, plan))
  await carryOut(context, store, stored, plan)
  if (!options.has('json')) printLines(context, [`${access.cluster}: applied`])
  return EXIT.done
}

async function readFile({ options, io }: Context): Promise<Readable> {
  const file = options.text('file')
  if (file === undefined) throw new WrongUse('apply needs a cluster file: yasco apply -f FILE')
  const name = file === '-' ? 'standard input' : file
  const parsed = parseClusterFile(await readNamedFile(file, io.stdin), name, uriProblem)
  if (!parsed.ok) throw new ClusterFileInvalid(name, parsed.problems)
  for (const warning of parsed.warnings) io.stderr.write(`${problemText(warning)}\n`)
  return parsed
}

function uriProblem(uri: string): string | undefined {
  try {
    parseLibvirtUri(uri)
    return undefined
  } catch (error) {
    if (!(error instanceof LibvirtUriError)) throw error
    return error.message
  }
}

/** The file itself says which cluster it is; its etcd may be reached in another way from here. */
async function accessOf({ options }: Context, { config }: Readable): Promise<Access> {
  const named = options.text('cluster')
  if (named !== undefined && named !== config.cluster) {
    throw new WrongUse(
      `the file is of the cluster '${config.cluster}', and --cluster names '${named}'`,
    )
  }
  const etcd = options.text('etcd')
  return {
    cluster: config.cluster,
    etcd: etcd === undefined ? config.etcd : await endpointsOf(etcd),
  }
}

function show(
  context: Context,
  plan: ApplyPlan,
  stored: StoredCluster,
  admission: ApplyAdmission | undefined,
): void {
  const { differences, homes, keptHomes, obstacles } = plan
  if (context.options.has('json')) {
    const isChange = differences.length + homes.length > 0
    printJson(context, 'ApplyPlan', {
      isChange,
      revision: stored.revision,
      differences,
      homes,
      keptHomes,
      obstacles,
      admission: admission?.text ?? null,
    })
    return
  }
  const paint = painter(context)
  const isNew = stored.config === undefined && differences.length > 0
  const lines = [
    ...(isNew ? [`+ cluster ${plan.config.cluster}`] : []),
    ...differences.map(differenceText),
    ...homes.map(homeText),
  ]
  const colours = { '+': 'green', '-': 'red', '~': 'yellow' } as const
  const painted = lines.map(line => paint(colours[line[0] as keyof typeof colours], line))
  const kept = keptHomes.map(
    ({ vm, from, to }) =>
      `  vm ${vm}: its home stays ${from} (the file says ${to}; --homes moves it)`,
  )
  const bad = stored.badValues.map(
    ({ key, problem }) => `  etcd: ${key} cannot be read: ${problem}`,
  )
  const breaks = admission === undefined ? [] : [`note: ${admission.text}`]
  printLines(context, [...painted, ...kept, ...bad, ...breaks])
  if (lines.length === 0) printLines(context, ['nothing to change'])
}

function homeText({ vm, from, to }: HomeChange): string {
  if (from === undefined) return `+ home of ${vm}: ${to}`
  return to === undefined ? `- home of ${vm}: ${from}` : `~ home of ${vm}: ${from} -> ${to}`
}

function question({ cluster }: Access, { differences, homes }: ApplyPlan): string {
  const count = differences.length + homes.length
  return `Apply ${count === 1 ? 'this change' : `these ${count} changes`} to ${cluster}?`
}

async function carryOut(
  context: Context,
  store: StateStore,
  stored: StoredCluster,
  plan: ApplyPlan,
): Promise<void> {
  const { signal, version, io, options } = context
  const operator = operatorOf(io)
  const applied = await applyConfig(store, stored, plan.config, {
    version,
    by: operator.who,
    signal,
  })
  if (!applied.applied) {
    const newer = applied.found.filter(({ modRevision }) => modRevision > stored.revision)
    const changed = newer.map(({ key }) => key).join(', ') || 'something is gone'
    if (applied.done === 0) {
      throw new Refused(
        `the cluster has changed since it was read (${changed}): nothing was written; apply again`,
      )
    }
    const progress = `${applied.done} of ${applied.total} parts were written`
    throw new CommandFailed(
      EXIT.partly,
      `the cluster was changed by somebody else meanwhile (${changed}): ${progress}; apply again`,
    )
  }
  await writeHomes(context, store, stored, plan)
  const reason = options.text('reason') ?? ''
  await new EventWriter(store, operator).write(
    {
      level: 'info',
      about: 'cluster',
      what: `applied a cluster file: ${summary(plan)}`,
      why: reason,
    },
    { signal },
  )
}

async function writeHomes(
  context: Context,
  store: StateStore,
  stored: StoredCluster,
  plan: ApplyPlan,
): Promise<void> {
  if (plan.homes.length === 0) return
  const { signal, io, options } = context
  const value = encode(homesValue, {
    homes: changedHomes(stored.homes, plan.homes),
    by: operatorOf(io).who,
    when: new Date().toISOString(),
    why: options.text('reason') ?? 'apply',
  })
  const modified = stored.kvs.find(({ key }) => key === keys.homes)?.modRevision ?? 0
  const transaction = { if: [{ key: keys.homes, modified }], then: [{ put: keys.homes, value }] }
  const lease = await store.grantLease(LEASE_MS, { signal })
  try {
    const outcome = await commitOnce(store, transaction, { lease, signal })
    if (outcome.committed) return
  } finally {
    // If etcd does not answer now, it goes when it runs out.
    await lease.revoke({ signal }).catch(() => undefined)
  }
  throw new CommandFailed(
    EXIT.partly,
    'the configuration is applied, but the homes were changed by somebody else meanwhile and stay as they are: apply again',
  )
}

function summary({ differences, homes }: ApplyPlan): string {
  const parts = [...new Set(differences.map(({ part }) => part))]
  const named = parts.length <= 4 ? parts.join(', ') : `${parts.length} parts`
  const moved = homes.filter(({ from, to }) => from !== undefined && to !== undefined)
  return (
    [named, moved.length > 0 ? `${moved.length} homes moved` : '']
      .filter(text => text !== '')
      .join('; ') || 'homes'
  )
}
