// What is wrong with a cluster file: each problem with its place, what was found and what was expected.
import { nearest } from '../nearest.ts'

/** Keys from the top of the file to a value: names of fields, positions in lists. */
export type Path = readonly (string | number)[]

/** A problem before its place in a file is known: what the checks of a whole configuration find. */
export interface Finding {
  readonly severity: 'error' | 'warning'
  readonly path: Path
  /** What is there, as the end of "found ...". */
  readonly found: string
  /** What should be there, as the end of "expected ...". */
  readonly expected: string
}

export interface Problem extends Finding {
  readonly file: string
  /** Both from 1. */
  readonly line: number
  readonly column: number
}

/** `vms.test.only[1]`; a name with other than letters, digits, - and _ is quoted. */
export function pathText(path: Path): string {
  let text = ''
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else text += `${text === '' ? '' : '.'}${/^[\w-]+$/.test(step) ? step : JSON.stringify(step)}`
  }
  return text
}

/** `cluster.yaml:12:5: error: vms.test.home: found 'quarc', expected ...`: the form editors jump by. */
export function problemText(problem: Problem): string {
  const at = `${problem.file}:${problem.line}:${problem.column}`
  const path = problem.path.length === 0 ? '' : `${pathText(problem.path)}: `
  return `${at}: ${problem.severity}: ${path}found ${problem.found}, expected ${problem.expected}`
}

/** A cluster file with at least one error. `problems` has all of them, warnings too, in the file's order. */
export class ClusterFileInvalid extends Error {
  override readonly name = 'ClusterFileInvalid'
  readonly problems: readonly Problem[]
  constructor(file: string, problems: readonly Problem[]) {
    const errors = problems.filter(problem => problem.severity === 'error').length
    super(`${file} is no valid cluster file: ${errors === 1 ? 'one error' : `${errors} errors`}`)
    this.problems = problems
  }
}

const LISTED_NAMES = 8

/** "one of a, b, c", the nearest first as "did you mean", and never more names than one can read. */
export function oneOf(what: string, word: string, known: readonly string[]): string {
  if (known.length === 0) return `${what} (there is none)`
  const meant = nearest(word, known)
  const list =
    known.length <= LISTED_NAMES
      ? known.join(', ')
      : `${known.slice(0, LISTED_NAMES).join(', ')} and ${known.length - LISTED_NAMES} more`
  return `${what} (${list})${meant === undefined ? '' : `; did you mean '${meant}'?`}`
}
