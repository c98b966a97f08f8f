// A new judgement over the preview before it: what says the same stays the same object, so that screens are sent what changed.
import type { FailureSet, Kept, Preview } from '../../model/preview.ts'
import type { Resources } from '../../model/resources.ts'
import type { Instant } from '../../model/snapshot.ts'
import type { Judgement } from './judgement.ts'

export function merged(before: Preview, judgement: Judgement, at: Instant): Preview {
  const { verdict, ifFails, kept, sets, setsUnlisted } = judgement
  return {
    verdict: { ...verdict, at },
    checkingSince: undefined,
    problem: before.problem,
    ifFails: keep(before.ifFails, ifFails, (a, b) => a === b),
    kept: keep(before.kept, kept, sameKept),
    sets: keep(before.sets, sets, sameSet),
    setsUnlisted,
  }
}

function keep<T>(
  before: Readonly<Record<string, T>>,
  now: Readonly<Record<string, T>>,
  same: (a: T, b: T) => boolean,
): Readonly<Record<string, T>> {
  let isSame = Object.keys(before).length === Object.keys(now).length
  const made: Record<string, T> = {}
  for (const [name, value] of Object.entries(now)) {
    const old = before[name]
    const kept = old !== undefined && same(old, value) ? old : value
    made[name] = kept
    if (kept !== old) isSame = false
  }
  return isSame ? before : made
}

function sameKept(a: Kept, b: Kept): boolean {
  return sameAmounts(a.amounts, b.amounts) && sameNames(a.by, b.by)
}

function sameSet(a: FailureSet, b: FailureSet): boolean {
  return (
    a.state === b.state &&
    a.restarts === b.restarts &&
    a.left === b.left &&
    a.waits === b.waits &&
    a.why === b.why &&
    a.label === b.label &&
    sameNames(a.failed, b.failed)
  )
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, index) => name === b[index])
}

function sameAmounts(a: Resources, b: Resources): boolean {
  const names = Object.keys(a)
  return names.length === Object.keys(b).length && names.every(name => a[name] === b[name])
}
