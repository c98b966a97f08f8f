// Exact models of small cases for HiGHS (npm highs), from the problem's text: what the solver is measured against.
import * as highsModule from 'highs'
import { choices, failureUnits } from '../../src/solver/check/fallback.ts'
import { mayRunOn, usable } from '../../src/solver/check/placement.ts'
import type { Problem } from '../../src/solver/problem.ts'

// The package's types say ESM, the package is CommonJS: the loader is the module itself or its default.
const loader = (highsModule as unknown as { default: () => Promise<highsModule.LegacyHighs> })
  .default
const highs = await loader()

export interface Exact {
  /** Undefined when no map exists; not a number when the time ended. */
  readonly value: number | undefined
}

/** Rows of one LP under way. */
class Model {
  readonly objective: string[] = []
  readonly rows: string[] = []
  readonly binaries: string[] = []

  solve(seconds: number): Exact {
    const text = [
      'Minimize',
      ` obj: ${this.objective.join(' + ') || '0 zero'}`,
      'Subject To',
      ...this.rows.map((row, k) => ` r${k}: ${row}`),
      'Binary',
      ...this.binaries.map(name => ` ${name}`),
      'End',
    ].join('\n')
    const solution = highs.solve(text, { time_limit: seconds, mip_rel_gap: 0 })
    if (solution.Status === 'Infeasible') return { value: undefined }
    return {
      value: solution.Status === 'Optimal' ? Math.round(solution.ObjectiveValue) : Number.NaN,
    }
  }
}

function placementRows(problem: Problem, model: Model): void {
  problem.vms.forEach((vm, v) => {
    const terms: string[] = []
    problem.hwms.forEach((hwm, h) => {
      const isOpen = vm.pinned === true ? vm.home === hwm.name : hwm.maintenance !== true
      if (!mayRunOn(vm, hwm) || !isOpen) return
      terms.push(`x${v}_${h}`)
      model.binaries.push(`x${v}_${h}`)
    })
    model.rows.push(terms.length === 0 ? 'zero >= 1' : `${terms.join(' + ')} = 1`)
  })
  model.rows.push('zero = 0')
}

function hosts(problem: Problem, model: Model): void {
  problem.hwms.forEach((_, h) => model.binaries.push(`y${h}`))
}

function capacityRows(
  problem: Problem,
  model: Model,
  h: number,
  extra: (dimension: string) => string[],
): void {
  for (const dimension of problem.dimensions) {
    const terms = problem.vms.flatMap((vm, v) => {
      const amount = vm.demand[dimension] ?? 0
      return amount > 0 && model.binaries.includes(`x${v}_${h}`) ? [`${amount} x${v}_${h}`] : []
    })
    const more = extra(dimension)
    if (terms.length + more.length === 0) continue
    const limit = usable(problem, problem.hwms[h]!, dimension)
    if (limit !== Infinity)
      model.rows.push(`${[...terms, ...more].join(' + ')} - ${limit} y${h} <= 0`)
  }
}

/** Fewest HWMs that must be on so that every set of `tolerate` failure units is survived. No groups. */
export function fewestHwms(problem: Problem, tolerate: number, seconds = 20): Exact {
  const model = new Model()
  placementRows(problem, model)
  hosts(problem, model)
  problem.hwms.forEach((_, h) => model.objective.push(`y${h}`))
  problem.hwms.forEach((_, h) => capacityRows(problem, model, h, () => []))
  const sets = tolerate === 0 ? [] : [...choices(failureUnits(problem), tolerate)]
  sets.forEach((units, f) => {
    const dead = new Set(units.flat())
    const zs = new Map<number, string[]>()
    problem.vms.forEach((vm, v) => {
      if (!vm.ha) return
      const restarts: string[] = []
      problem.hwms.forEach((hwm, h) => {
        if (
          dead.has(hwm.name) ||
          hwm.fallback === false ||
          hwm.maintenance === true ||
          !mayRunOn(vm, hwm)
        )
          return
        const name = `z${f}_${v}_${h}`
        model.binaries.push(name)
        restarts.push(name)
        zs.set(h, [...(zs.get(h) ?? []), name])
      })
      const atRisk = problem.hwms.flatMap((hwm, h) =>
        dead.has(hwm.name) && model.binaries.includes(`x${v}_${h}`) ? [`x${v}_${h}`] : [],
      )
      if (atRisk.length > 0)
        model.rows.push(`${restarts.join(' + ') || 'zero'} - ${atRisk.join(' - ')} >= 0`)
    })
    for (const [h, names] of zs) {
      capacityRows(problem, model, h, dimension =>
        names.flatMap(name => {
          const amount = problem.vms[Number(name.split('_')[1])]!.demand[dimension] ?? 0
          return amount > 0 ? [`${amount} ${name}`] : []
        }),
      )
    }
  })
  return model.solve(seconds)
}

/** Fewest moves from the homes to a valid map. No groups, no failures. */
export function fewestMigrations(problem: Problem, seconds = 20): Exact {
  const model = new Model()
  placementRows(problem, model)
  hosts(problem, model)
  problem.hwms.forEach((_, h) => capacityRows(problem, model, h, () => []))
  problem.vms.forEach((vm, v) => {
    if (vm.home === undefined) return
    const h = problem.hwms.findIndex(hwm => hwm.name === vm.home)
    problem.hwms.forEach((_, other) => {
      if (other !== h && model.binaries.includes(`x${v}_${other}`))
        model.objective.push(`x${v}_${other}`)
    })
  })
  return model.solve(seconds)
}
