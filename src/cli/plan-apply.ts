// `plan --apply` and `plan --execute`: the map that was found becomes the CDM; with --execute its VMs move there, as an operation.
import type { PlanAnswer } from '../engine/solving/answer.ts'
import { MapRefused } from '../operations/commit-map.ts'
import type { PlacementMap } from '../solver/problem.ts'
import { committed, follow, planned, showPlan, type Cluster } from './acting.ts'
import { confirm, confirmPlan, refuseIfReadOnly } from './ask.ts'
import type { Context } from './context.ts'
import { EXIT, Refused, WrongUse, type ExitStatus } from './exit.ts'
import type { Posed } from './posed.ts'
import { printLines } from './print.ts'

/** Homes that are listed before the question. */
const MOST_LISTED = 50

/** The answer has been shown. Throws `Refused` when there is nothing that may be applied. */
export async function applyAnswer(
  context: Context,
  posed: Posed,
  answer: PlanAnswer,
): Promise<ExitStatus> {
  const { options } = context
  const { live } = posed
  if (live === undefined) throw new WrongUse('there is no running cluster to apply it to')
  if (!options.has('dry-run')) refuseIfReadOnly(context)
  refuseUnfit(posed, answer)
  const changes = changedHomes(posed, answer.map)
  const executes = options.has('execute') && answer.moves.length > 0
  if (changes.length === 0 && !executes) {
    say(context, 'the CDM says so already: nothing to change')
    return EXIT.done
  }
  return executes ? execute(context, live, answer) : save(context, posed, live, answer, changes)
}

/** What was asked for and is not there must not be applied by mistake; what breaks X is refused where the cluster is set to. */
function refuseUnfit({ config }: Posed, { answer, map, resilience, unplaced }: PlanAnswer): void {
  if (answer !== 'map' || map.size === 0)
    throw new Refused(
      answer === 'impossible'
        ? 'what was asked for is impossible: nothing was applied. --tolerate plans for fewer failures'
        : 'no map was found in the time given: nothing was applied. --seconds gives it more',
    )
  if (unplaced.length > 0) throw new Refused(`${unplaced.length} VMs have no place in this map`)
  if (resilience.verdict !== 'yes' && config.settings.admission === 'refuse')
    throw new Refused(
      `it is not shown to survive ${resilience.asked} failures, and the cluster is set to refuse that (settings: admission)`,
    )
}

function changedHomes({ problem }: Posed, map: PlacementMap): string[] {
  return problem.vms.flatMap(({ name, home }) => {
    const to = map.get(name)
    return to === undefined || to === home ? [] : [`~ home of ${name}: ${home ?? 'none'} -> ${to}`]
  })
}

async function save(
  context: Context,
  { config, problem, revision }: Posed,
  { operations }: Cluster,
  { map, objective }: PlanAnswer,
  changes: readonly string[],
): Promise<ExitStatus> {
  const { options } = context
  const shown = changes.slice(0, MOST_LISTED)
  say(context, ...shown)
  if (changes.length > shown.length) say(context, `… and ${changes.length - shown.length} more`)
  if (options.has('dry-run')) return EXIT.done
  const homes = changes.length === 1 ? '1 home changes' : `${changes.length} homes change`
  await confirm(context, `Save this map as the CDM of ${config.cluster}: ${homes}; nothing moves.`)
  try {
    const why = options.text('reason') ?? `plan, ${objective}`
    await operations.saveMap({ problem, map, revision }, why)
  } catch (error) {
    if (error instanceof MapRefused) throw new Refused(error.message, { cause: error })
    throw error
  }
  say(context, `${config.cluster}: saved; VMs that are elsewhere are away from now on`)
  return EXIT.done
}

async function execute(
  context: Context,
  cluster: Cluster,
  { map, moves, order }: PlanAnswer,
): Promise<ExitStatus> {
  const { options } = context
  if (order !== 'found') throw new Refused('no order of moves leads there: nothing was changed')
  const plan = await planned(cluster.operations.planMap({ map, moves }))
  showPlan(context, plan)
  if (options.has('dry-run')) return EXIT.done
  await confirmPlan(context, plan)
  const operation = await committed(cluster.operations, plan, {
    why: options.text('reason') ?? '',
  })
  return follow(context, cluster, operation.id, plan.unplaced.length)
}

function say(context: Context, ...lines: readonly string[]): void {
  if (!context.options.has('json')) printLines(context, lines)
}
