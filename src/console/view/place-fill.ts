// What fills an HWM in one dimension: its VMs, the spare slots it keeps for others, what is free.
import { humanAmount } from '../../model/human.ts'
import { givable } from '../../model/placement.ts'
import type { HwmView, VmView } from '../../model/snapshot.ts'
import type { Style } from '../line.ts'
import { vmsInBox } from '../place-vms.ts'
import { vmWord } from '../states.ts'
import type { ViewContext } from './context.ts'

export interface Fill {
  /** What it may give out; undefined: no limit is known, and nothing is in proportion to it. */
  readonly whole: number | undefined
  readonly used: number
  readonly kept: number
  /** HWMs whose HAVMs come here when they fail. */
  readonly keptBy: readonly string[]
}

/** The sums alone: what a picture of a thousand HWMs needs of each. */
export function fillOf({ state }: ViewContext, hwm: HwmView): Fill {
  const { dimension, picture, foresight } = state
  const overcommit = picture.snapshot?.config?.overcommit ?? {}
  const whole = givable(hwm.capacity, hwm.config.reserve, overcommit)[dimension]
  return {
    whole,
    used: hwm.used[dimension] ?? 0,
    kept: foresight.keptFree?.(hwm.name, dimension) ?? 0,
    keptBy: foresight.preview?.kept[hwm.name]?.by ?? [],
  }
}

/** An amount beside the name of its dimension: `cpu 4`, not `cpu 4 cpu`. */
export function bareAmount(dimension: string, value: number): string {
  return humanAmount(dimension, value).replace(/ cpu$/, '')
}

export interface Piece {
  readonly vm: VmView
  readonly amount: number
  readonly style: Style
}

/** Its VMs, as they are drawn. */
export function piecesOf({ state, glyphs }: ViewContext, hwm: string): readonly Piece[] {
  return vmsInBox(state, hwm).map(vm => ({
    vm,
    amount: vm.demand[state.dimension] ?? 0,
    style: styleOf(vm, vmWord(vm, glyphs).style),
  }))
}

function styleOf(vm: VmView, style: Style): Style {
  if (style !== 'good') return style
  return vm.kind === 'havm' ? 'bar' : 'plain'
}
