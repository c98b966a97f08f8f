// What `what-if` asks, as another problem: HWMs more or less, in maintenance, VMs that grow or are added. Pure.
import { expectedAmount, parseAmount, quantityOf } from '../model/units.ts'
import type { Problem, ProblemHwm, ProblemVm } from '../solver/problem.ts'
import { WrongUse } from './exit.ts'
import type { Options } from './parse-line.ts'

/** Throws `WrongUse` that names what is not there or cannot be read. */
export function changedProblem(problem: Problem, options: Options): Problem {
  let changed = problem
  for (const name of options.all('less')) changed = withoutHwm(changed, name)
  for (const text of options.all('more')) changed = withHwms(changed, text)
  for (const name of options.all('maintenance')) {
    hwmNamed(changed, '--maintenance', name)
    changed = changeHwm(changed, name, hwm => ({ ...hwm, maintenance: true }))
  }
  for (const text of options.all('grow')) changed = withGrown(changed, text)
  for (const text of options.all('add')) changed = withVms(changed, text)
  return changed
}

function hwmNamed(problem: Problem, option: string, name: string): ProblemHwm {
  const hwm = problem.hwms.find(each => each.name === name)
  if (hwm === undefined) throw new WrongUse(`${option} ${name}: there is no HWM ${name}`)
  return hwm
}

function vmNamed(problem: Problem, option: string, name: string): ProblemVm {
  const vm = problem.vms.find(each => each.name === name)
  if (vm === undefined) throw new WrongUse(`${option} ${name}: there is no VM ${name}`)
  return vm
}

/** It is gone: its VMs have no place, and rules do not name it any more. Who is pinned to it goes nowhere. */
function withoutHwm(problem: Problem, name: string): Problem {
  hwmNamed(problem, '--less', name)
  const pinned = problem.vms.find(vm => vm.pinned === true && vm.home === name)
  if (pinned !== undefined)
    throw new WrongUse(`--less ${name}: ${pinned.name} is pinned to it and would have no place`)
  return {
    ...problem,
    hwms: problem.hwms.filter(hwm => hwm.name !== name),
    vms: problem.vms.map(vm => {
      const { home, only, never, ...rest } = vm
      return {
        ...rest,
        ...(home !== undefined && home !== name && { home }),
        ...(only && { only: only.filter(each => each !== name) }),
        ...(never && { never: never.filter(each => each !== name) }),
      }
    }),
  }
}

const MOST_COPIES = 10_000

/** `name` or `name:N`. */
function copies(option: string, text: string): { readonly name: string; readonly count: number } {
  const [, name = '', digits] = /^(.*?)(?::(\d+))?$/.exec(text) ?? []
  const count = digits === undefined ? 1 : Number(digits)
  if (count >= 1 && count <= MOST_COPIES) return { name, count }
  throw new WrongUse(`${option} ${text}: expected a name and a number from 1 to ${MOST_COPIES}`)
}

/** Names that are not taken: `quark-new1`, `quark-new2`. */
function freeNames(like: string, count: number, taken: ReadonlySet<string>): string[] {
  const names: string[] = []
  for (let n = 1; names.length < count; n++) {
    const name = `${like}-new${n}`
    if (!taken.has(name)) names.push(name)
  }
  return names
}

function withHwms(problem: Problem, text: string): Problem {
  const { name, count } = copies('--more', text)
  const like = hwmNamed(problem, '--more', name)
  const names = freeNames(name, count, new Set(problem.hwms.map(hwm => hwm.name)))
  const added = names.map(each => ({ ...like, name: each, maintenance: false }))
  return { ...problem, hwms: [...problem.hwms, ...added] }
}

/** Copies have no home yet, and are members of no group. */
function withVms(problem: Problem, text: string): Problem {
  const { name, count } = copies('--add', text)
  const { home: _home, pinned: _pinned, ...like } = vmNamed(problem, '--add', name)
  const names = freeNames(name, count, new Set(problem.vms.map(vm => vm.name)))
  return {
    ...problem,
    vms: [...problem.vms, ...names.map(each => ({ ...like, name: each }))],
  }
}

function changeHwm(
  problem: Problem,
  name: string,
  change: (hwm: ProblemHwm) => ProblemHwm,
): Problem {
  return { ...problem, hwms: problem.hwms.map(hwm => (hwm.name === name ? change(hwm) : hwm)) }
}

/** `db:ram=16GiB,cpu=8`: those demands, the others as they were. */
function withGrown(problem: Problem, text: string): Problem {
  const at = text.lastIndexOf(':')
  if (at < 1) throw new WrongUse(`--grow ${text}: expected VM:AMOUNTS, such as db:ram=16GiB,cpu=8`)
  const vm = vmNamed(problem, '--grow', text.slice(0, at))
  const demand = { ...vm.demand }
  for (const part of text.slice(at + 1).split(',')) {
    const [dimension = '', amount] = part.split('=').map(word => word.trim())
    if (!problem.dimensions.includes(dimension) || amount === undefined) {
      const known = [...problem.dimensions].join(', ')
      throw new WrongUse(`--grow ${text}: '${part}' is no DIMENSION=AMOUNT (${known})`)
    }
    const quantity = quantityOf(dimension)
    const parsed = parseAmount(quantity, amount)
    if (!parsed.ok)
      throw new WrongUse(
        `--grow ${text}: '${amount}' ${parsed.problem}; expected ${expectedAmount(quantity)}`,
      )
    demand[dimension] = parsed.value
  }
  const vms = problem.vms.map(each => (each === vm ? { ...vm, demand } : each))
  return { ...problem, vms }
}
