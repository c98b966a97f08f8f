// The last line: the keys that work now, or the line that is being typed. Above it the newest event, or what was just told.
import { bestByTyped } from '../best-by.ts'
import { hwmInHand, operationInHand } from '../acting/reasons.ts'
import { keyLabel } from '../key-names.ts'
import type { KeyAction } from '../key-table.ts'
import { KEY_TABLE } from '../key-table.ts'
import type { Line, Segment, Span, Style } from '../line.ts'
import { fitLine, fitSegments, fromColumn, line, lineWidth, span } from '../line.ts'
import type { Prompt } from '../state.ts'
import type { ConsoleStore } from '../store.ts'
import { localTime } from '../times.ts'
import type { ViewContext } from './context.ts'

export function lastLine(context: ViewContext, store: ConsoleStore): Line {
  const { state } = context
  if (state.prompt) return promptLine(context, state.prompt)
  if (state.confirmation) return confirmationKeys(context)
  return state.overlay ? overlayKeys(context, store) : keyLine(context, store)
}

function keyLine(context: ViewContext, store: ConsoleStore): Line {
  const { layout, state } = context
  const segments: Segment[] = []
  for (const action of KEY_TABLE) {
    const short =
      action.id === 'pause' && operationInHand(store)?.state === 'paused'
        ? 'let go on'
        : shortOf(action, context)
    if (short === undefined || action.why?.(store) !== undefined) continue
    const key = store.keyMap.keys.get(action.id)?.[0]
    if (key === undefined || !isShownHere(action, context)) continue
    const isHere = action.id === `screen-${state.screen}` && state.opened.length === 0
    segments.push({
      priority: isWanted(action, store) ? WANTED : priorityOf(action, context),
      line: line(span(keyLabel(key), 'key'), span(` ${short}`, isHere ? 'strong' : 'dim')),
    })
  }
  return fitLine([span(' '), ...fitSegments(segments, layout.columns - 2, 2)], layout.columns)
}

function isShownHere({ id, shortOn }: KeyAction, { state }: ViewContext): boolean {
  if (shortOn === undefined || shortOn === state.screen) return true
  const last = state.opened.at(-1)?.kind
  return (last === 'plan' && PLAN_SHORTS[id] !== undefined) || (last === 'solve' && id === 'mark')
}

/** Keys that mean something else where they are pressed. */
function shortOf(action: KeyAction, { state }: ViewContext): string | undefined {
  const last = state.opened.at(-1)?.kind
  if (last === 'plan')
    return action.id === 'mark' && state.plan?.request.do === 'homecoming'
      ? 'stay here'
      : (PLAN_SHORTS[action.id] ?? action.short)
  if (last === 'solve' && action.id === 'mark') return PLAN_SHORTS['mark']
  return action.id === 'pane' && state.opened.length > 0 ? 'page' : action.short
}

const PLAN_SHORTS: Readonly<Record<string, string>> = {
  open: 'go on',
  back: 'drop it',
  mark: 'leave out',
}
/** Of those of a plan, what a plain list has no room for. */
const MARK_IN_PLAN = 41

const OF_OPERATIONS = new Set(['pause', 'retry', 'take-up', 'undo'])

/** After the help, before all others. */
const WANTED = 88

/** What a dead HWM is waiting for, or one that is back: it is not left out for want of room. */
function isWanted({ id }: KeyAction, store: ConsoleStore): boolean {
  if (id !== 'evacuate' && id !== 'homecoming') return false
  const { picture, opened } = store.getState()
  const hwm = hwmInHand(store)
  if (!hwm || opened.at(-1)?.kind === 'plan') return false
  if (id === 'evacuate') return hwm.state === 'down'
  return hwm.state === 'up' && [...picture.homeOf(hwm.name)].some(vm => picture.vm(vm)?.away)
}

/** The keys of a plan, or of an operation, come before those that are there everywhere. */
function priorityOf({ id, group, priority = 0 }: KeyAction, { state }: ViewContext): number {
  const last = state.opened.at(-1)?.kind
  const isOnOperation = last === 'operation' || (!last && state.screen === 'operations')
  if (isOnOperation && OF_OPERATIONS.has(id)) return 60 + priority
  if (last !== 'plan') return priority
  const isOfPlan = group === 'plan' || PLAN_SHORTS[id] !== undefined
  return isOfPlan ? 60 + (id === 'mark' ? MARK_IN_PLAN : priority) : priority
}

function confirmationKeys({ layout }: ViewContext): Line {
  return fitLine([span(' '), span('Esc', 'key'), span(' cancel', 'dim')], layout.columns)
}

function overlayKeys(context: ViewContext, store: ConsoleStore): Line {
  const { state, layout } = context
  const up = store.keyMap.keys.get('up')?.[0] ?? 'up'
  const down = store.keyMap.keys.get('down')?.[0] ?? 'down'
  const pieces: Span[] = [
    span(` ${keyLabel(up)} ${keyLabel(down)}`, 'key'),
    span(state.overlay?.kind === 'help' ? ' scroll  ' : ' choose  ', 'dim'),
  ]
  if (state.overlay?.kind === 'columns')
    pieces.push(span('space', 'key'), span(' shown or not  ', 'dim'))
  if (state.overlay?.kind === 'sort')
    pieces.push(span('Enter', 'key'), span(' order by it  ', 'dim'))
  if (state.overlay?.kind === 'choose-hwm')
    pieces.push(span('Enter', 'key'), span(' there  ', 'dim'))
  return fitLine([...pieces, span('Esc', 'key'), span(' close', 'dim')], layout.columns)
}

const PROMPT_SIGNS: Readonly<Record<Prompt['kind'], string>> = {
  filter: ' /',
  command: ' :',
  reason: ' :',
  'best-by': ' best by ',
}

function promptLine({ layout }: ViewContext, prompt: Prompt): Line {
  const characters = Array.from(prompt.text)
  const under = characters[prompt.cursor] ?? ' '
  const head = line(
    span(PROMPT_SIGNS[prompt.kind], 'key'),
    span(characters.slice(0, prompt.cursor).join('')),
  )
  const whole = line(
    ...head,
    span(under, 'chosen'),
    span(characters.slice(prompt.cursor + 1).join('')),
  )
  // A long line is moved so that the place of typing stays in sight.
  const from = Math.max(0, lineWidth(head) + 2 - layout.columns)
  return fitLine(fromColumn(whole, from), layout.columns)
}

export function eventLine(context: ViewContext): Line {
  const { state, layout, glyphs } = context
  const { notice, prompt } = state
  if (prompt?.kind === 'best-by') {
    const { ok, says } = bestByTyped(prompt.text)
    return fitLine([span(` ${says}`, ok ? 'good' : 'warn')], layout.columns, glyphs.ellipsis)
  }
  if (notice)
    return fitLine([span(` ${notice.text}`, notice.style)], layout.columns, glyphs.ellipsis)
  const event = state.picture.snapshot?.events.at(-1)
  if (!event) return fitLine([], layout.columns)
  const style: Style = event.level === 'error' ? 'bad' : event.level === 'warn' ? 'warn' : 'plain'
  return fitLine(
    [
      span(` ${localTime(event.time, state.today)}`, 'dim'),
      span('  '),
      span(event.what, style),
      span(event.why === '' ? '' : ` (${event.why})`, 'dim'),
    ],
    layout.columns,
    glyphs.ellipsis,
  )
}
