// Where a VM restarts, by what fails: its HWM alone first, then sets that take others with it, the worst of them first.
import type { FallbackAnswer } from '../../model/fallback-answer.ts'
import type { VmView } from '../../model/snapshot.ts'
import { setsOfVm } from '../actions/vm-fallback.ts'
import type { Line, Span } from '../line.ts'
import { line, restyle, span } from '../line.ts'
import { fit, widthOf } from '../text.ts'
import type { ViewContext } from './context.ts'
import type { Section } from './document.ts'

const TITLE = 'WHERE IT RESTARTS, BY WHAT FAILS'
/** A rack's name, or two HWMs. */
const MOST_LABEL = 34

export function vmFallback(context: ViewContext, vm: VmView): Section {
  const { state, isPast } = context
  const { preview, verdict } = state.foresight
  const lines: Line[] = []
  if (vm.kind === 'vm')
    lines.push(line(span('nowhere: it is no HAVM, and waits for its HWM', 'dim')))
  else if (vm.kind === 'havm' && preview === undefined)
    lines.push(line(span('not known: this engine has no solver', 'dim')))
  else if (vm.kind === 'havm' && verdict === undefined)
    lines.push(line(span(preview?.problem || 'the solver is at work', 'dim')))
  else lines.push(...bySet(context, vm))
  const isOld = isPast || preview?.checkingSince !== undefined
  return { title: TITLE, lines: isOld ? lines.map(each => restyle(each, 'dim')) : lines }
}

function bySet(context: ViewContext, vm: VmView): Line[] {
  const { state, glyphs } = context
  const wanted = setsOfVm(state, vm.name)
  if (wanted === undefined) return []
  const { hwm, sets, more } = wanted
  const known = state.vmFallback
  const answers = known?.vm === vm.name && known.hwm === hwm ? known.answers : undefined
  const labels = Math.min(MOST_LABEL, Math.max(13, ...sets.map(each => widthOf(each.label))))
  const lines = sets.map(({ name, label, failed }): Line => {
    const answer = answers?.get(name)
    // The solver has said that of each HWM alone already.
    const foreseen = failed.length === 1 ? state.foresight.ifItsHwmFails?.(vm.name, vm.kind) : ''
    const said =
      answer === undefined
        ? foreseen
          ? [foreseen === 'no room' ? span(foreseen, 'bad') : to(foreseen, glyphs.arrow)]
          : [span('asking', 'dim')]
        : typeof answer === 'string'
          ? [span(answer, 'warn')]
          : placeIn(answer, vm.name, glyphs.arrow)
    return line(span(fit(label, labels)), '  ', ...said)
  })
  if (more > 0) {
    const many = more === 1 ? '1 more set takes' : `${more} more sets take`
    lines.push(line(span(`${many} ${hwm} with others: w`, 'dim')))
  }
  return lines
}

function to(hwm: string, arrow: string): Span {
  return span(`${arrow} ${hwm}`, 'strong')
}

function placeIn(answer: FallbackAnswer, vm: string, arrow: string): Span[] {
  const restart = answer.restarts.find(each => each.vm === vm)
  const left = answer.left.find(each => each.vm === vm)
  const withDead =
    answer.deadBefore.length > 0
      ? [span(`, with ${answer.deadBefore.join(', ')}, down already`, 'warn')]
      : []
  if (restart) return [to(restart.to, arrow), span(`  ${byWhat(answer)}`, 'dim'), ...withDead]
  if (left) {
    const words = answer.state === 'unknown' ? 'no place found in time' : 'NO PLACE'
    return [span(words, 'bad'), span(`  ${left.why}`, 'warn'), ...withDead]
  }
  return [span('nowhere: it is stopped', 'dim')]
}

function byWhat({ by, age }: FallbackAnswer): string {
  switch (by) {
    case 'file':
      return "by the cluster file's map"
    case 'stored':
      return `by the stored map of ${age ?? 'before'} ago`
    case 'solver':
      return 'solved now'
  }
}
