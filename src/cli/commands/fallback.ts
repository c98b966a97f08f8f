// yasco fallback: where HAVMs restart for one failure set, or for all of them; what is left over, and for want of what.
import type { PlanAnswer, PlanRequest } from '../../engine/solving/answer.ts'
import type { Context, Run } from '../context.ts'
import { EXIT, WrongUse, type ExitStatus } from '../exit.ts'
import { fingerprint, homesNow, storeFallbackMaps } from '../../operations/fallback-maps.ts'
import { confirm, refuseIfReadOnly } from '../ask.ts'
import { planJson } from '../plan-json.ts'
import { planAnswerLines, setLines, unkeptNotes, unlistedLines } from '../plan-lines.ts'
import { pose, type Posed } from '../posed.ts'
import { printJson, printLines } from '../print.ts'
import { effortOf, solve } from '../solving.ts'
import { statusOf } from './plan.ts'

const MOST_LINES = 100

export const run: Run = async context => {
  const effort = effortOf(context)
  await using posed = await pose(context)
  const failed = failedOf(context, posed)
  const fallbacks = failed === undefined ? 'all' : [failed]
  const answer = await solve(context, 'plan', { ...effort, ...requestOf(posed), fallbacks })
  show(context, posed, answer)
  if (context.options.has('store')) await store(context, posed, answer)
  return failed === undefined ? statusOf(answer) : statusOfSets(answer)
}

/** The homes as they are; where some VMs have none yet, those are placed first. */
function requestOf({
  problem,
  config,
}: Posed): Omit<PlanRequest, 'fallbacks' | 'seed' | 'isRepeatable'> {
  return {
    problem,
    keepsMap: problem.vms.every(vm => vm.home !== undefined),
    parallelPerHwm: config.settings.migration.parallelPerHwm,
  }
}

/** Throws `WrongUse` for a name that is no HWM. */
function failedOf({ options }: Context, { problem }: Posed): readonly string[] | undefined {
  const text = options.text('failed')
  if (text === undefined) return undefined
  if (options.has('all')) throw new WrongUse('--failed and --all: give one of them')
  const names = [...new Set(text.split(',').map(name => name.trim()))].filter(name => name !== '')
  if (names.length === 0) throw new WrongUse('--failed needs the name of at least one HWM')
  for (const name of names) {
    if (!problem.hwms.some(hwm => hwm.name === name))
      throw new WrongUse(`--failed ${text}: there is no HWM ${name}`)
  }
  return names
}

function show(context: Context, posed: Posed, answer: PlanAnswer): void {
  const { config } = posed
  const notes = [...posed.notes, ...(context.options.has('failed') ? [] : unkeptNotes(answer))]
  if (context.options.has('json')) {
    printJson(context, 'FallbackMaps', { cluster: config.cluster, ...planJson(answer), notes })
    return
  }
  const most = context.options.has('all') ? Infinity : MOST_LINES
  const [head = '', verdict = ''] = planAnswerLines({ ...answer, loads: [] }, { most })
  printLines(context, [
    head,
    verdict,
    ...setLines(answer.fallback, { most }),
    ...unlistedLines(answer),
    ...notes.map(note => `note: ${note}`),
  ])
}

/** Replaces the maps in etcd, as an engine does by itself when the CDM changes. */
async function store(context: Context, posed: Posed, { fallback }: PlanAnswer): Promise<void> {
  const { options, signal } = context
  const { live, config, revision } = posed
  if (live === undefined) throw new WrongUse('--store works on the running cluster, not on a file')
  if (options.has('failed')) throw new WrongUse('--store writes the maps of all sets, not of one')
  if (options.has('dry-run')) return
  refuseIfReadOnly(context)
  const maps = fallback.map(({ failed, map, why }) => ({
    failed,
    map,
    unplaced: why?.vms ?? [],
  }))
  await confirm(context, `Store ${maps.length} fallback maps in ${config.cluster}.`)
  const { snapshot } = live.observation
  const basis = {
    inputs: fingerprint(config, homesNow(snapshot)),
    from: { config: revision, homes: revision },
    when: new Date().toISOString(),
  }
  const { written, removed } = await storeFallbackMaps(live.store, maps, basis, { signal })
  if (!options.has('json'))
    printLines(context, [`${config.cluster}: ${written} maps stored, ${removed} old ones removed`])
}

function statusOfSets({ fallback }: PlanAnswer): ExitStatus {
  if (fallback.every(set => set.complete)) return EXIT.done
  return fallback.some(set => !set.complete && !set.isUnknown) ? EXIT.refused : EXIT.partly
}
