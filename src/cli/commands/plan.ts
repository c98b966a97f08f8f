// yasco plan: where VMs belong, what that is worth, whether X failures are survived, and the moves in order.
import type { PlanAnswer, PlanRequest } from '../../engine/solving/answer.ts'
import { NotVbp, readVbp } from '../../solver/vbp.ts'
import { readNamedFile } from '../cluster-access.ts'
import type { Context, Run } from '../context.ts'
import { EXIT, WrongUse, type ExitStatus } from '../exit.ts'
import { applyAnswer } from '../plan-apply.ts'
import { planJson } from '../plan-json.ts'
import { planAnswerLines } from '../plan-lines.ts'
import { capacityLines } from '../capacity-lines.ts'
import { pose, type Posed } from '../posed.ts'
import { printJson, printLines } from '../print.ts'
import { effortOf, objectivesOf, solve } from '../solving.ts'

/** Lines of a table on a terminal. */
const MOST_LINES = 200

export const run: Run = async context => {
  const { options } = context
  if (options.has('vbp')) return packVbp(context)
  refuseContradictions(context)
  const objectives = objectivesOf(context)
  const effort = effortOf(context)
  await using posed = await pose(context)
  const answer = await solve(context, 'plan', {
    ...effort,
    problem: posed.problem,
    ...(posed.places && { places: posed.places }),
    ...objectives,
    keepsMap: options.has('keep-map'),
    fallbacks: options.has('json') ? 'all' : 'none',
    parallelPerHwm: posed.config.settings.migration.parallelPerHwm,
    keepsX: options.has('keep-x'),
    ...capacityAsked(context, posed),
  })
  show(context, posed, answer)
  if (options.has('apply') || options.has('execute'))
    return await applyAnswer(context, posed, answer)
  return statusOf(answer)
}

function refuseContradictions({ options }: Context): void {
  const acts = options.has('apply') || options.has('execute')
  if (!acts) return
  if (options.has('file') || options.has('snapshot'))
    throw new WrongUse('--apply and --execute work on the running cluster, not on a file')
  if (options.has('keep-map')) throw new WrongUse('--keep-map keeps the homes: nothing to apply')
}

/** Throws `WrongUse` for a VM that is not there. */
function capacityAsked({ options }: Context, { problem }: Posed): Pick<PlanRequest, 'capacity'> {
  const like = options.text('like')
  if (like === undefined) return options.has('capacity') ? { capacity: 'common' } : {}
  if (problem.vms.every(vm => vm.name !== like))
    throw new WrongUse(`--like ${like}: there is no VM ${like}`)
  return { capacity: { like } }
}

function show(context: Context, { config, notes }: Posed, answer: PlanAnswer): void {
  if (context.options.has('json')) {
    printJson(context, 'PlacementPlan', {
      cluster: config.cluster,
      ...planJson(answer),
      notes,
    })
    return
  }
  const lines = [
    ...planAnswerLines(answer, { most: MOST_LINES }),
    ...capacityLines(answer.capacity),
    ...notes.map(note => `note: ${note}`),
  ]
  printLines(context, lines)
}

/** What is asked holds, is proved impossible, or was not settled in the time given. */
export function statusOf({ answer, resilience }: PlanAnswer): ExitStatus {
  if (answer === 'impossible' || resilience.verdict === 'no') return EXIT.refused
  return answer === 'no-answer' || resilience.verdict === 'unknown' ? EXIT.partly : EXIT.done
}

async function packVbp(context: Context): Promise<ExitStatus> {
  const { options, io } = context
  const file = options.text('vbp') ?? ''
  const answer = await solve(context, 'vbp', {
    ...effortOf(context),
    instance: instanceOf(await readNamedFile(file, io.stdin), file),
  })
  if (options.has('json')) printJson(context, 'Packing', answer)
  else if (answer.answer === 'map') {
    const how = answer.proved ? 'proved' : `bound ${answer.bound}`
    printLines(context, [`${answer.hwmsUsed} bins (${how}), ${answer.seconds.toFixed(1)} s`])
  } else {
    const why =
      answer.tooLarge === undefined
        ? 'no packing was found in the time given'
        : `impossible: item ${answer.tooLarge} is larger than a bin`
    printLines(context, [why])
  }
  if (answer.answer === 'impossible') return EXIT.refused
  return answer.answer === 'map' ? EXIT.done : EXIT.partly
}

function instanceOf(text: string, file: string): ReturnType<typeof readVbp> {
  try {
    return readVbp(text)
  } catch (error) {
    if (error instanceof NotVbp) throw new WrongUse(`${file}: ${error.message}`, { cause: error })
    throw error
  }
}
