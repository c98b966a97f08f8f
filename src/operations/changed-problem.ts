// What `what-if` asks, as another problem: HWMs more or less, in maintenance, VMs that grow or are added. Pure.
import { CHANGE_KINDS, type Change, type ChangeKind } from '../model/change.ts'
import { expectedAmount, parseAmount, quantityOf } from '../model/units.ts'
import type { Problem, ProblemHwm, ProblemVm } from '../solver/problem.ts'

/** The change names what is not there, or cannot be read. */
export class NoSuchChange extends Error {
  override readonly name = 'NoSuchChange'
}

/** Throws `NoSuchChange`. HWMs go before others come, whatever the order of the changes. */
export function changedProblem(problem: Problem, changes: readonly Change[]): Problem {
  let changed = problem
  for (const kind of CHANGE_KINDS)
    for (const change of changes)
      if (change.kind === kind) changed = APPLY[kind](changed, change.what)
  return changed
}

const APPLY: Readonly<Record<ChangeKind, (problem: Problem, what: string) => Problem>> = {
  less: withoutHwm,
  more: withHwms,
  maintenance: (problem, name) => {
    hwmNamed(problem, '--maintenance', name)
    return changeHwm(problem, name, hwm => ({ ...hwm, maintenance: true }))
  },
  grow: withGrown,
  add: withVms,
}

function hwmNamed(problem: Problem, option: string, name: string): ProblemHwm {
  const hwm = problem.hwms.find(each => each.name === name)
  if (hwm === undefined) throw new NoSuchChange(`${option} ${name}: there is no HWM ${name}`)
  return hwm
}

function vmNamed(problem: Problem, option: string, name: string): ProblemVm {
  const vm = problem.vms.find(each => each.name === name)
  if (vm === undefined) throw new NoSuchChange(`${option} ${name}: there is no VM ${name}`)
  return vm
}

/** It is gone: its VMs have no place, and rules do not name it any more. Who is pinned to it goes nowhere. */
function withoutHwm(problem: Problem, name: string): Problem {
  hwmNamed(problem, '--less', name)
  const pinned = problem.vms.find(vm => vm.pinned === true && vm.home === name)
  if (pinned !== undefined)
    throw new NoSuchChange(`--less ${name}: ${pinned.name} is pinned to it and would have no place`)
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
  throw new NoSuchChange(`${option} ${text}: expected a name and a number from 1 to ${MOST_COPIES}`)
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
  if (at < 1)
    throw new NoSuchChange(`--grow ${text}: expected VM:AMOUNTS, such as db:ram=16GiB,cpu=8`)
  const vm = vmNamed(problem, '--grow', text.slice(0, at))
  const demand = { ...vm.demand }
  for (const part of text.slice(at + 1).split(',')) {
    const [dimension = '', amount] = part.split('=').map(word => word.trim())
    if (!problem.dimensions.includes(dimension) || amount === undefined) {
      const known = [...problem.dimensions].join(', ')
      throw new NoSuchChange(`--grow ${text}: '${part}' is no DIMENSION=AMOUNT (${known})`)
    }
    const quantity = quantityOf(dimension)
    const parsed = parseAmount(quantity, amount)
    if (!parsed.ok)
      throw new NoSuchChange(
        `--grow ${text}: '${amount}' ${parsed.problem}; expected ${expectedAmount(quantity)}`,
      )
    demand[dimension] = parsed.value
  }
  const vms = problem.vms.map(each => (each === vm ? { ...vm, demand } : each))
  return { ...problem, vms }
}
