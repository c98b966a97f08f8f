// Spare room as text for people: what X failures need, what there is, and how many more HAVMs fit.
import { humanAmount } from '../model/human.ts'
import type { Resources } from '../model/resources.ts'
import type { Capacity, HowMany } from '../solver/capacity.ts'
import { columns } from './print.ts'

export function capacityLines(capacity: Capacity | undefined): string[] {
  if (capacity === undefined) return []
  const { tolerate, dimensions, slots } = capacity
  const failures = `${tolerate} ${tolerate === 1 ? 'failure' : 'failures'}`
  return [
    `spare room, and what is needed of it for ${failures} at least:`,
    ...columns(
      dimensions.map(({ dimension, there, needed }) => [
        `  ${dimension}`,
        `${humanAmount(dimension, there)} there`,
        `${humanAmount(dimension, needed)} needed`,
        there < needed ? `SHORT ${humanAmount(dimension, needed - there)}` : '',
      ]),
    ),
    ...slots.flatMap(({ like, demand, havms, there, needed, isExact, more, withHwm }) => [
      `slots for HAVMs like ${like} (${amounts(demand)}), of which there are ${havms}:`,
      `  ${there} there, ${needed} needed for ${failures} (${isExact ? 'exact' : 'at least'})${there < needed ? `, SHORT ${needed - there}` : ''}`,
      `  room for ${howMany(more)} more, wherever VMs move`,
      ...(withHwm === undefined
        ? []
        : [`  with one more HWM like ${withHwm.like}: for ${howMany(withHwm.more)}`]),
    ]),
  ]
}

function amounts(demand: Resources): string {
  return Object.entries(demand)
    .filter(([, amount]) => amount > 0)
    .map(([dimension, amount]) => `${dimension} ${humanAmount(dimension, amount)}`)
    .join(', ')
}

function howMany({ atLeast, atMost, isExact }: HowMany): string {
  if (isExact) return `exactly ${atLeast}`
  return atMost === undefined ? `${atLeast} or more` : `${atLeast} to ${atMost}`
}
