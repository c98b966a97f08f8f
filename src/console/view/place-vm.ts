// The VM that has the keys on screen 3: the box it is at home in, the box it restarts in when its HWM fails, and what it is.
import { humanAmount } from '../../model/human.ts'
import type { VmView } from '../../model/snapshot.ts'
import type { Line, Span, Style } from '../line.ts'
import { span } from '../line.ts'
import { vmInPlace } from '../place-vms.ts'
import { KIND_WORDS, vmWord } from '../states.ts'
import type { ViewContext } from './context.ts'

/** What an HWM is to the VM that has the keys. */
export interface Tie {
  /** In the frame of a box: the first that there is room for. */
  readonly words: readonly string[]
  /** Where there is room for one cell. */
  readonly sign: string
  readonly style: Style
}

export interface VmInHand {
  readonly vm: VmView
  /** By HWM: its home while it is away, and where it restarts. */
  readonly ties: ReadonlyMap<string, Tie>
}

/** Undefined: an HWM has the keys. */
export function vmInHand({ state, lists, glyphs }: ViewContext): VmInHand | undefined {
  const vm = vmInPlace(state, lists)
  if (!vm) return undefined
  const ties = new Map<string, Tie>()
  const target = restartsOn(state, vm)
  if (target !== undefined && state.picture.hwm(target))
    ties.set(target, {
      words: ['restarts here', 'restarts'],
      sign: glyphs.arrow.slice(-1),
      style: 'key',
    })
  if (vm.away && vm.home !== undefined) {
    const isBoth = ties.has(vm.home)
    ties.set(vm.home, {
      words: isBoth ? ['its home, restarts here', 'home, restarts'] : ['its home', 'home'],
      sign: glyphs.vm.away,
      style: 'away',
    })
  }
  return { vm, ties }
}

function restartsOn(state: ViewContext['state'], { name, kind }: VmView): string | undefined {
  return state.foresight.ifItsHwmFails?.(name, kind)
}

/** `win7-vmm2  HAVM  ▲ running  on snailin, home quark  ram 8 GiB  cpu 4   if snailin fails → andreys`. */
export function vmHead({ state, glyphs }: ViewContext, { vm }: VmInHand): Line {
  const { word, glyph, style } = vmWord(vm, glyphs)
  const { dimension } = state
  const dimensions = [dimension, ...Object.keys(vm.demand).filter(each => each !== dimension)]
  const takes = dimensions
    .filter(each => (vm.demand[each] ?? 0) > 0)
    .map(each => `${each} ${humanAmount(each, vm.demand[each] ?? 0)}`.replace(/ cpu$/, ''))
  const target = restartsOn(state, vm)
  const where: Span[] = vm.away
    ? [span(`  on ${vm.where ?? 'no HWM'}, home ${vm.home ?? 'nowhere'}`, 'away')]
    : [span(`  on ${vm.where ?? 'no HWM'}`)]
  return [
    span(vm.name, 'strong'),
    span(`  ${KIND_WORDS[vm.kind]}`, 'dim'),
    span(`  ${glyph} ${word}`, style),
    ...where,
    ...(target === undefined
      ? []
      : [
          span(`   if ${vm.where ?? 'its HWM'} fails ${glyphs.arrow} `, 'dim'),
          span(target, target === 'no room' ? 'bad' : target === 'waits' ? 'dim' : 'strong'),
        ]),
    span(`   ${takes.join('  ')}`),
  ]
}
