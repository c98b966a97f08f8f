// The one question before something is carried out, over the lowest lines of what it is about.
import { namesToType } from '../../engine/acting/questions.ts'
import { deadUntil, offNeeded } from '../acting/confirm.ts'
import type { Confirmation } from '../acting/in-hand.ts'
import type { Line, Span } from '../line.ts'
import { fitLine, line, span } from '../line.ts'
import type { ConsoleStore } from '../store.ts'
import { wrap } from '../text.ts'
import type { ViewContext } from './context.ts'

export function confirmLines(context: ViewContext, store: ConsoleStore): readonly Line[] {
  const { state, layout, glyphs, ages, lists } = context
  const { confirmation } = state
  if (!confirmation) return []
  const width = Math.max(20, layout.columns - 6)
  const now = store.clock.now()
  const { number } = confirmation
  if (lists.question?.number !== number) lists.question = { number, shownAt: now }
  const dead = deadUntil(store, confirmation) ?? now
  const isDead = now < dead
  if (isDead) ages.wakeAt(dead)
  const lines: Line[] = [ruleLine(context)]
  for (const text of wrap(sentenceOf(context, confirmation), width))
    lines.push(line(MARGIN, span(text, 'strong')))
  lines.push(...afterwards(context, confirmation, width))
  lines.push(...question(context, confirmation, width), [])
  lines.push(footLine(confirmation, isDead))
  return within(lines, layout.text).map(each => fitLine(each, layout.columns, glyphs.ellipsis))
}

/** Where there is little room: without the rule and blanks, then only what is asked last. */
function within(lines: readonly Line[], height: number): readonly Line[] {
  if (lines.length <= height) return lines
  const dense = lines.slice(1).filter(each => each.length > 0)
  return dense.slice(-height)
}

const MARGIN = '   '

function ruleLine({ layout, glyphs }: ViewContext): Line {
  const title = ' Carry this out? '
  return line(
    span(` ${glyphs.rule}`, 'warn'),
    span(title, 'warn'),
    span(glyphs.rule.repeat(Math.max(0, layout.columns - title.length - 2)), 'warn'),
  )
}

function sentenceOf({ state }: ViewContext, { about }: Confirmation): string {
  return about.kind === 'verb' ? `${about.sentence}.` : `${state.plan?.shown?.plan.sentence ?? ''}.`
}

/** What is confirmed although X will not hold, or before that is known, is confirmed knowingly. */
function afterwards({ state }: ViewContext, { about }: Confirmation, width: number): Line[] {
  const after = about.kind === 'plan' ? state.plan?.shown?.after : undefined
  if (after === undefined || after.holds === 'yes') return []
  const what = `${after.tolerate} more ${after.tolerate === 1 ? 'failure is' : 'failures are'}`
  const words = {
    no: `Afterwards ${what} not tolerated.`,
    unknown: `Whether ${what} tolerated afterwards is not known.`,
    'being worked out': `Whether ${what} tolerated afterwards is still being worked out.`,
  }[after.holds]
  return wrap(words, width).map(text =>
    line(MARGIN, span(text, after.holds === 'no' ? 'warn' : 'dim')),
  )
}

function question(context: ViewContext, confirmation: Confirmation, width: number): Line[] {
  const shown = context.state.plan?.shown
  const { at, off: proofs } = confirmation
  const names = shown ? namesToType(shown.plan) : []
  const name = names[at] ?? ''
  const off = shown && offNeeded(shown, at)
  const proof = proofs[name]
  const text = (words: string): Line[] => wrap(words, width).map(each => line(MARGIN, each))
  switch (confirmation.step) {
    case 'off':
      return [
        ...text(`${name} does not answer, and nothing proves that it is off. How is that known?`),
        ...(off && off.devices.length > 0
          ? wrap(
              `its device ${off.devices.join(', or ')} switches it off; that is read back`,
              width - 3,
            ).map((words, index) =>
              line(MARGIN, span(index === 0 ? 'f' : ' ', 'key'), `  ${words}`),
            )
          : [line(MARGIN, span('f  it has no fence device', 'dim'))]),
        line(MARGIN, span('w', 'key'), '  I made sure of it: say how, recorded as my word'),
      ]
    case 'how':
      return [
        ...text(
          `How was it verified that ${name} is off? A VM that still runs there would run twice.`,
        ),
        ...typedLines('how: ', confirmation.text, width),
      ]
    case 'yes':
      return []
    case 'name':
      return [
        ...(proof?.by === 'device'
          ? text(`First ${name} is switched off and that is read back.`)
          : proof
            ? text(`${name} is off, by my word: ${proof.how}`)
            : []),
        ...(names.length > 1
          ? wrap(stageOf(at, names), width).map(each => line(MARGIN, span(each, 'dim')))
          : []),
        ...typedLines(`type ${name} in full, then Enter: `, confirmation.text, width),
      ]
    case 'telling':
      return text(telling(proofs))
  }
}

/** Of several names, which this is, and that nothing is done before the last of them. */
function stageOf(at: number, names: readonly string[]): string {
  const next = names[at + 1]
  return next === undefined
    ? `HWM ${at + 1} of ${names.length}, the last: its name carries all of it out.`
    : `HWM ${at + 1} of ${names.length}: nothing is done yet, ${next} is asked about next.`
}

function telling(proofs: Confirmation['off']): string {
  const switched = Object.keys(proofs).filter(hwm => proofs[hwm]?.by === 'device')
  if (switched.length === 0) return 'the engine carries it out'
  return `${switched.join(', ')} ${switched.length === 1 ? 'is' : 'are'} being switched off`
}

/** What is typed stands behind what is asked, or below it where that leaves no room. */
function typedLines(ask: string, text: string, width: number): Line[] {
  const typed = [span(text, 'strong'), span(' ', 'chosen')]
  return ask.length + text.length < width - TYPING_ROOM
    ? [line(MARGIN, span(ask), ...typed)]
    : [line(MARGIN, span(ask)), line(MARGIN, ...typed)]
}

const TYPING_ROOM = 4

function footLine({ step }: Confirmation, isDead: boolean): Line {
  if (step === 'telling') return []
  const cancel: Span[] = [
    span(' > ', 'mark'),
    span('Cancel', 'chosen'),
    span('  Enter, Esc', 'dim'),
  ]
  if (isDead) return line(...cancel, span('      keys are dead for half a second', 'warn'))
  switch (step) {
    case 'yes':
      return line(...cancel, span('      '), span('y', 'key'), span('  carry it out'))
    case 'how':
      return line(
        ...cancel,
        span('      Enter after an answer goes on; nothing is done yet', 'dim'),
      )
    case 'off':
    case 'name':
      return line(...cancel)
  }
}
