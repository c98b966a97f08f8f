// What is wanted, as a plan: each kind of it by its planner, with what only the HWMs can say asked of them before.
import { isOver } from '../../model/operation.ts'
import type { ClusterSnapshot } from '../../model/snapshot.ts'
import { findObstacles } from '../obstacles.ts'
import type { Reach } from '../reach.ts'
import type { Standing } from '../standing.ts'
import type { Wanted } from '../wanted.ts'
import { deadWith, planEvacuation } from './evacuation.ts'
import { planHomecoming } from './homecoming.ts'
import { NoPlan, type Choices, type Plan } from './plan.ts'
import { planSeveral } from './several.ts'
import { planMigration, planStart, planStop } from './single.ts'
import type { PreparedFallback } from './targets.ts'
import { planUndo } from './undo.ts'

export interface DraftContext {
  readonly snapshot: ClusterSnapshot
  readonly standing: Standing
  readonly reach: Reach
  /** A map that was worked out beforehand for this failure set, when there is one. */
  readonly prepared: (failed: readonly string[]) => Promise<PreparedFallback | undefined>
  /** Begins to find out whether an HWM answers after all, while its plan is read. */
  readonly probe: (hwm: string) => void
}

/** Throws `NoPlan` with the reason when it cannot be planned at all. Changes nothing. */
export async function draft(
  wanted: Wanted,
  choices: Choices,
  { snapshot, standing, reach, prepared: preparedFor, probe }: DraftContext,
): Promise<Plan> {
  switch (wanted.do) {
    case 'evacuate': {
      const { hwm, also = [], cold, off } = wanted
      const hwms = [hwm, ...also]
      if (hwms.length === 1 && snapshot.hwms[hwm]?.state === 'up') {
        const obstacles = await findObstacles(reach, snapshot, vm => vm.where === hwm)
        return planEvacuation(snapshot, hwms, { cold, obstacles, choices })
      }
      for (const each of hwms) if (snapshot.hwms[each]?.state === 'down') probe(each)
      const prepared = await preparedFor(deadWith(snapshot, hwms))
      return planEvacuation(snapshot, hwms, {
        cold,
        choices,
        ...(off !== undefined && { off }),
        ...(prepared && { prepared }),
      })
    }
    case 'homecoming':
      return planHomecoming(snapshot, wanted.hwm, {
        staying: [...(wanted.staying ?? []), ...(choices.without ?? [])],
        obstacles: await findObstacles(reach, snapshot, vm => vm.away),
      })
    case 'migrate': {
      const vms = included(wanted, choices)
      const obstacles = await findObstacles(reach, snapshot, vm => vms.includes(vm.name))
      return planSeveral(snapshot, vms, (paper, vm) => {
        const obstacle = obstacles.get(vm)
        return planMigration(paper, vm, choices.targets?.[vm] ?? wanted.to, {
          cold: wanted.cold,
          ...(obstacle !== undefined && { obstacle }),
        })
      })
    }
    case 'start':
      return planSeveral(snapshot, included(wanted, choices), (paper, vm) =>
        planStart(paper, vm, choices.targets?.[vm] ?? wanted.at),
      )
    case 'stop':
      return planSeveral(snapshot, included(wanted, choices), planStop)
    case 'undo': {
      const operation = standing.operations.find(each => each.id === wanted.operation)
      if (operation === undefined) throw new NoPlan(`there is no operation ${wanted.operation}`)
      if (!isOver(operation))
        throw new NoPlan(`operation ${operation.id} is not over: cancel it first`)
      const concerned = new Set(operation.steps.map(step => step.vm))
      const obstacles = await findObstacles(reach, snapshot, vm => concerned.has(vm.name))
      return planUndo(snapshot, operation, { obstacles, staying: choices.without ?? [] })
    }
  }
}

function included(
  { vm, also = [] }: { readonly vm: string; readonly also?: readonly string[] },
  { without = [] }: Choices,
): readonly string[] {
  const vms = [...new Set([vm, ...also])].filter(each => !without.includes(each))
  if (vms.length === 0) throw new NoPlan('all VMs are left out')
  return vms
}
