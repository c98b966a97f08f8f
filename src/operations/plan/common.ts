// What every plan says in the same way: what it rests on, and how it changes the loads.
import { isOver, isSettled, type Operation } from '../../model/operation.ts'
import type { ClusterSnapshot } from '../../model/snapshot.ts'
import type { Basis, LoadChange } from './plan.ts'
import type { Room } from './room.ts'

export function basisOf(
  snapshot: ClusterSnapshot,
  hwms: readonly string[],
  vms: readonly string[],
): Basis {
  const state = (name: string) => {
    const seen = snapshot.hwms[name]?.state ?? 'not there'
    // Who has not answered yet becomes, without an answer, one who does not answer: no news.
    return seen === 'connecting' ? 'down' : seen
  }
  const place = (name: string) => {
    const vm = snapshot.vms[name]
    return vm === undefined ? 'not there' : `${vm.state} on ${vm.where ?? 'no HWM'}`
  }
  return {
    revision: snapshot.etcd.revision,
    hwms: Object.fromEntries([...new Set(hwms)].map(name => [name, state(name)])),
    vms: Object.fromEntries([...new Set(vms)].map(name => [name, place(name)])),
  }
}

/** What has changed since a plan was made, one line each; empty: it still holds. */
export function differences(basis: Basis, snapshot: ClusterSnapshot): string[] {
  const now = basisOf(snapshot, Object.keys(basis.hwms), Object.keys(basis.vms))
  const lines: string[] = []
  if (now.revision !== basis.revision) {
    lines.push(
      `the cluster's configuration changed (revision ${basis.revision}, now ${now.revision})`,
    )
  }
  for (const [kind, was, is] of [
    ['HWM', basis.hwms, now.hwms],
    ['VM', basis.vms, now.vms],
  ] as const) {
    for (const [name, before] of Object.entries(was)) {
      if (is[name] !== before) lines.push(`${kind} ${name}: was ${before}, is ${is[name]}`)
    }
  }
  return lines
}

/** The unfinished operation that has this VM. */
export function operationWith(snapshot: ClusterSnapshot, vm: string): Operation | undefined {
  return Object.values(snapshot.operations ?? {}).find(
    each => !isOver(each) && each.steps.some(step => step.vm === vm && !isSettled(step)),
  )
}

/** The HWMs whose load the plan changes. */
export function loadChanges(snapshot: ClusterSnapshot, room: Room): LoadChange[] {
  const changes: LoadChange[] = []
  for (const view of Object.values(snapshot.hwms)) {
    const after = room.used(view.name)
    const changed = Object.keys({ ...view.used, ...after }).some(
      dimension => (view.used[dimension] ?? 0) !== (after[dimension] ?? 0),
    )
    if (changed)
      changes.push({ hwm: view.name, usable: room.usable(view.name), before: view.used, after })
  }
  return changes
}

export function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`
}
