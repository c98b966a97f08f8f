// yasco what-if: the verdict on X before and after a change that nobody makes, and the plan that would follow it.
import type { PlanAnswer } from '../../engine/solving/answer.ts'
import { CHANGE_KINDS } from '../../model/change.ts'
import { changedProblem, NoSuchChange } from '../../operations/changed-problem.ts'
import type { Problem } from '../../solver/problem.ts'
import type { Options } from '../parse-line.ts'
import type { Context, Run } from '../context.ts'
import { WrongUse } from '../exit.ts'
import { planJson } from '../plan-json.ts'
import { planAnswerLines } from '../plan-lines.ts'
import { pose, sound } from '../posed.ts'
import { printJson, printLines } from '../print.ts'
import { effortOf, objectivesOf, solve } from '../solving.ts'
import { statusOf } from './plan.ts'

const MOST_LINES = 100

export const run: Run = async context => {
  const { options } = context
  if (CHANGE_KINDS.every(name => !options.has(name)))
    throw new WrongUse(
      `what-if needs a change: ${CHANGE_KINDS.map(name => `--${name}`).join(', ')}. See: yasco what-if --help`,
    )
  const effort = effortOf(context)
  const objectives = objectivesOf(context)
  await using posed = await pose(context)
  const changed = sound(changedAs(options, posed.problem))
  const common = {
    ...effort,
    fallbacks: 'none' as const,
    parallelPerHwm: posed.config.settings.migration.parallelPerHwm,
  }
  const judge = (problem: typeof changed) =>
    solve(context, 'plan', { ...common, problem, keepsMap: true })
  const before = await judge(posed.problem)
  const after = await judge(changed)
  const plan = await solve(context, 'plan', {
    ...common,
    problem: changed,
    keepsMap: false,
    ...objectives,
  })
  show(context, { before, after, plan })
  return statusOf(plan)
}

/** Throws `WrongUse` that names what is not there or cannot be read. */
function changedAs(options: Options, problem: Problem): Problem {
  const changes = CHANGE_KINDS.flatMap(kind => options.all(kind).map(what => ({ kind, what })))
  try {
    return changedProblem(problem, changes)
  } catch (error) {
    if (error instanceof NoSuchChange) throw new WrongUse(error.message, { cause: error })
    throw error
  }
}

interface Compared {
  readonly before: PlanAnswer
  readonly after: PlanAnswer
  readonly plan: PlanAnswer
}

/** `before` and `after` judge the homes as they are, without and with the change; `plan` is the map after it. */
function show(context: Context, { before, after, plan }: Compared): void {
  if (context.options.has('json')) {
    printJson(context, 'WhatIf', {
      before: planJson(before),
      after: planJson(after),
      plan: planJson(plan),
    })
    return
  }
  const brief = (answer: PlanAnswer) =>
    planAnswerLines({ ...answer, loads: [], moves: [] }, { most: MOST_LINES })
      .filter(line => line !== 'nothing to move')
      .map(line => `  ${line}`)
  printLines(context, [
    'before:',
    ...brief(before),
    'after:',
    ...brief(after),
    'with the plan that follows:',
    ...planAnswerLines(plan, { most: MOST_LINES }).map(line => `  ${line}`),
  ])
}
