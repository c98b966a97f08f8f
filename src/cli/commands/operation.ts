// yasco operation list|show|resume|retry|undo [ID]: what was begun, how far it is, and taking it up where another console left it.
import { decode, operationValue, prefixes } from '../../etcd/layout.ts'
import { actOn, follow, openCluster, operationLines, type Cluster } from '../acting.ts'
import { refuseIfReadOnly } from '../ask.ts'
import type { Context, Run } from '../context.ts'
import { EXIT, Refused, WrongUse } from '../exit.ts'
import { columns, printJson, printLines } from '../print.ts'
import { openStore } from '../cluster-access.ts'
import { LedgerRefused } from '../../operations/ledger-values.ts'
import { NotCommitted } from '../../operations/operations.ts'

export const run: Run = async context => {
  const [verb = 'list', id] = context.arguments
  if (verb === 'list') return list(context)
  if (id === undefined)
    throw new WrongUse(`operation ${verb} needs the number of an operation: yasco operation list`)
  if (verb === 'show') return show(context, id)
  refuseIfReadOnly(context)
  if (verb === 'undo') return actOn(context, { do: 'undo', operation: id })
  await using cluster = await openCluster(context)
  return await takeUp(context, cluster, verb, id)
}

async function list(context: Context): Promise<typeof EXIT.done> {
  await using store = await openStore(context)
  const { kvs } = await store.list(prefixes.operations, { signal: context.signal })
  const operations = kvs.flatMap(kv => {
    const read = decode(operationValue, kv)
    return 'bad' in read ? [] : [read.value]
  })
  operations.sort((a, b) => Number(a.id) - Number(b.id))
  if (context.options.has('json')) {
    printJson(context, 'OperationList', { operations })
    return EXIT.done
  }
  const rows = operations.map(({ id, kind, subject, state, steps, by, createdAt, why }) => {
    const done = steps.filter(step => step.state === 'done').length
    return [id, kind, subject, state, `${done}/${steps.length}`, by, createdAt, why]
  })
  printLines(context, rows.length === 0 ? ['no operations'] : columns(rows))
  return EXIT.done
}

async function show(context: Context, id: string): Promise<typeof EXIT.done> {
  await using store = await openStore(context)
  const kv = await store.get(`${prefixes.operations}${id}`, { signal: context.signal })
  if (kv === undefined) throw new WrongUse(`there is no operation ${id}: yasco operation list`)
  const read = decode(operationValue, kv)
  if ('bad' in read) throw new Refused(`operation ${id} cannot be read: ${read.bad.problem}`)
  if (context.options.has('json')) printJson(context, 'Operation', { operation: read.value })
  else printLines(context, operationLines(JSON.parse(JSON.stringify(read.value))))
  return EXIT.done
}

/** Asked of whoever conducts it; an operation that nobody conducts is taken up here. */
async function takeUp(
  context: Context,
  cluster: Cluster,
  verb: string,
  id: string,
): ReturnType<Run> {
  if (verb !== 'resume' && verb !== 'retry' && verb !== 'cancel' && verb !== 'pause') {
    throw new WrongUse(
      `operation ${verb}: expected list, show, pause, resume, retry, cancel or undo`,
    )
  }
  try {
    if (await cluster.operations.ask(id, verb)) {
      printLines(context, [`operation ${id} is conducted elsewhere: asked to ${verb}`])
      return EXIT.done
    }
    return await follow(context, cluster, id, 0, () => cluster.operations.conduct(id, verb))
  } catch (error) {
    if (error instanceof LedgerRefused || error instanceof NotCommitted)
      throw new Refused(error.message, { cause: error })
    throw error
  }
}
