// yasco doctor: looks at everything that the cluster rests on, and says what is wrong and what to do.
import { listRecords } from '../../domains/in-etcd.ts'
import type { Context, Run } from '../context.ts'
import { storeContentChecks, versionChecks } from '../doctor/between-checks.ts'
import { copyChecks } from '../doctor/copy-checks.ts'
import type { Check, Result } from '../doctor/check.ts'
import { configChecks, etcdChecks } from '../doctor/cluster-checks.ts'
import { gather } from '../doctor/gather.ts'
import { hwmChecks } from '../doctor/hwm-checks.ts'
import { moveChecks } from '../doctor/move-checks.ts'
import { findCluster } from '../cluster-access.ts'
import { EXIT } from '../exit.ts'
import { type Colour, painter, printJson, printLines } from '../print.ts'
import { readStored } from '../stored-cluster.ts'

export const run: Run = async context => {
  const checks = await examine(context)
  if (context.options.has('json')) printJson(context, 'Doctor', { ok: !checks.some(isBad), checks })
  else show(context, checks)
  return checks.some(isBad) ? EXIT.failed : EXIT.done
}

function isBad({ result }: Check): boolean {
  return result === 'fail'
}

async function examine(context: Context): Promise<readonly Check[]> {
  const { signal, reach } = context
  const access = await findCluster(context)
  await using store = await reach.store(access.etcd, access.cluster)
  const etcd = etcdChecks(await store.members({ signal }))
  if (etcd.some(({ name, result }) => name === 'quorum' && result === 'fail')) return etcd
  const { config, badValues } = await readStored(store, access, signal)
  if (!config) {
    const found = `etcd knows no cluster '${access.cluster}'`
    return [
      ...etcd,
      {
        about: 'cluster',
        name: 'configuration',
        result: 'fail',
        found,
        todo: 'yasco apply -f FILE',
      },
    ]
  }
  const records = await listRecords(store, { signal })
  await using gathered = await gather(context, config)
  return [
    ...etcd,
    ...configChecks(config, badValues),
    ...versionChecks(gathered.hwms),
    ...storeContentChecks(config, gathered, records),
    ...gathered.hwms.flatMap(facts => [
      ...hwmChecks(facts, config),
      // Why it has no shell is said already.
      ...(facts.probe.ok
        ? copyChecks(facts.hwm.name, facts.copies, { records, now: Date.now() })
        : []),
    ]),
    ...(await moveChecks(signal, config, gathered.hwms)),
  ]
}

const COLOURS: Readonly<Record<Result, Colour>> = {
  ok: 'green',
  warn: 'yellow',
  fail: 'red',
  unknown: 'dim',
}

function show(context: Context, checks: readonly Check[]): void {
  const paint = painter(context)
  const lines: string[] = []
  for (const [about, group] of Map.groupBy(checks, check => check.about)) {
    lines.push(about)
    for (const { name, result, found, todo } of group) {
      lines.push(`  ${paint(COLOURS[result], result.padEnd(7))}  ${name}: ${found}`)
      if (todo !== '') lines.push(`           ${paint('dim', '->')} ${todo}`)
    }
  }
  const count = (result: Result) => checks.filter(check => check.result === result).length
  const words = (['ok', 'warn', 'fail', 'unknown'] as const)
    .filter(result => count(result) > 0)
    .map(result => `${count(result)} ${result}`)
  printLines(context, [...lines, '', words.join(', ')])
}
