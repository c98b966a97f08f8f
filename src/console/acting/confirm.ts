// The one question before something is carried out. Enter and Esc never carry anything out, but Enter after a name typed in full.
import type {
  Committed,
  OffNeeded,
  OffProof,
  PlanShown,
  Verb,
} from '../../engine/acting/questions.ts'
import { namesToType } from '../../engine/acting/questions.ts'
import type { Instant } from '../../model/snapshot.ts'
import { forgetPower } from '../actions/documents.ts'
import { open } from '../actions/opening.ts'
import { typed } from '../key-names.ts'
import type { ConsoleStore } from '../store.ts'
import { clockTime } from '../times.ts'
import { ALONE_MS, ARMED_MS, DEAD_MS, type Confirmation, type ConfirmStep } from './in-hand.ts'
import { dropPlan, replan } from './plan.ts'

/** Switching an HWM off by its device and reading that back takes time. */
const COMMIT_LIMIT_MS = 150_000

/** From a plan that is shown to the question about it. */
export function confirmPlan(store: ConsoleStore): void {
  const { plan } = store.getState()
  const shown = plan?.shown
  if (!shown || plan.isAsking) return
  const { moves, unplaced, cordon } = shown.plan
  const isBare = ['maintenance', 'fence', 'apply-solved'].includes(shown.request.do)
  if (moves.length === 0 && cordon === undefined && !isBare) {
    store.notify(
      unplaced.length > 0 ? 'nothing of it can be placed' : 'there is nothing to do',
      'warn',
    )
    return
  }
  ask(store, { kind: 'plan' }, questionOf(shown, 0))
}

/** What is asked about the n-th of the names: first whether it is off, where nothing proves that. */
function questionOf(shown: PlanShown, at: number): ConfirmStep {
  const off = offNeeded(shown, at)
  if (off !== undefined && off.proved === undefined) return 'off'
  return shown.plan.confirm
}

/** The HWM that is asked about; undefined where nothing is taken for dead. */
export function offNeeded({ plan, off }: PlanShown, at: number): OffNeeded | undefined {
  const name = namesToType(plan)[at]
  return off.find(({ hwm }) => hwm === name)
}

/** The question before something is asked of an operation. */
export function confirmVerb(store: ConsoleStore, id: string, to: Verb, sentence: string): void {
  ask(store, { kind: 'verb', id, to, sentence }, 'yes')
}

function ask(store: ConsoleStore, about: Confirmation['about'], step: ConfirmStep): void {
  const confirmation: Confirmation = {
    about,
    step,
    at: 0,
    off: {},
    text: '',
    number: nextNumber(store),
    deafAt: undefined,
    isAnswered: false,
  }
  store.setState({ confirmation })
}

function nextNumber(store: ConsoleStore): number {
  return (store.lists.question?.number ?? 0) + 1
}

/** Until when no key is heard; undefined: the question has not been shown yet, as the line is full. */
export function deadUntil(store: ConsoleStore, confirmation: Confirmation): Instant | undefined {
  const { question } = store.lists
  if (question?.number !== confirmation.number) return undefined
  return Math.max(question.shownAt, confirmation.deafAt ?? 0) + DEAD_MS
}

export function pressInConfirmation(store: ConsoleStore, key: string): void {
  const { confirmation } = store.getState()
  if (!confirmation || confirmation.step === 'telling') return
  // Giving up is always safe.
  if (key === 'esc' || key === 'ctrl-c') {
    cancel(store)
    return
  }
  const now = store.clock.now()
  const dead = deadUntil(store, confirmation)
  if (dead === undefined || now < dead || confirmation.isAnswered) {
    patch(store, { deafAt: now, isAnswered: false })
    return
  }
  switch (confirmation.step) {
    case 'off':
      pressForProof(store, key)
      return
    case 'how':
      if (key === 'enter') saidHow(store, confirmation.text.trim())
      else type(store, key)
      return
    case 'yes':
      if (key === 'y') saidYes(store)
      else if (key === 'enter') cancel(store)
      return
    case 'name': {
      const name = nameToType(store)
      if (key !== 'enter') type(store, key)
      else if (confirmation.text === '') cancel(store)
      else if (confirmation.text === name) saidName(store)
      else store.notify(`that is not ${name}: nothing was done`, 'warn')
    }
  }
}

function saidYes(store: ConsoleStore): void {
  patch(store, { isAnswered: true })
  const answered = store.getState().confirmation
  store.clock.after(ALONE_MS, () => {
    if (store.getState().confirmation === answered) carryOut(store)
  })
}

/** What has to be typed in full now. */
function nameToType(store: ConsoleStore): string {
  const { plan, confirmation } = store.getState()
  return (plan?.shown && namesToType(plan.shown.plan)[confirmation?.at ?? 0]) ?? ''
}

/** The last name carries it out; after each before it comes what is asked of the next. */
function saidName(store: ConsoleStore): void {
  const { plan, confirmation } = store.getState()
  const shown = plan?.shown
  if (!shown || !confirmation) return
  const at = confirmation.at + 1
  if (at === namesToType(shown.plan).length) carryOut(store)
  else goOn(store, { at, step: questionOf(shown, at) })
}

function pressForProof(store: ConsoleStore, key: string): void {
  const { plan, confirmation } = store.getState()
  const off = plan?.shown && offNeeded(plan.shown, confirmation?.at ?? 0)
  if (key === 'enter') cancel(store)
  else if (key === 'w') goOn(store, { step: 'how' })
  else if (key === 'f' && off && off.devices.length > 0) isProved(store, { by: 'device' })
}

function saidHow(store: ConsoleStore, how: string): void {
  if (how === '') cancel(store)
  else isProved(store, { by: 'word', how })
}

/** Of the HWM that is asked about; its name comes next. */
function isProved(store: ConsoleStore, by: OffProof): void {
  const off = { ...store.getState().confirmation?.off, [nameToType(store)]: by }
  goOn(store, { step: 'name', off })
}

/** To the next question, which is as deaf at first as the one before. */
function goOn(store: ConsoleStore, change: Partial<Confirmation>): void {
  const number = nextNumber(store)
  patch(store, { text: '', number, deafAt: undefined, ...change })
}

function cancel(store: ConsoleStore): void {
  store.setState({ confirmation: undefined })
  store.notify('nothing was done')
}

function patch(store: ConsoleStore, change: Partial<Confirmation>): void {
  const { confirmation } = store.getState()
  if (confirmation) store.setState({ confirmation: { ...confirmation, ...change } })
}

function type(store: ConsoleStore, key: string): void {
  const { confirmation } = store.getState()
  if (!confirmation) return
  const { text } = confirmation
  if (key === 'backspace') patch(store, { text: Array.from(text).slice(0, -1).join('') })
  else if (key === 'ctrl-u') patch(store, { text: '' })
  else {
    const character = typed(key)
    if (character !== undefined) patch(store, { text: text + character })
  }
}

/** The only place from which a screen has anything carried out. */
function carryOut(store: ConsoleStore): void {
  const { confirmation, plan } = store.getState()
  if (!confirmation) return
  patch(store, { step: 'telling', isAnswered: false })
  arm(store)
  const { about } = confirmation
  if (about.kind === 'verb') {
    tell(store, about.id, about.to)
    return
  }
  const shown = plan?.shown
  if (!shown) return
  const { off } = confirmation
  const proofs = Object.keys(off).length > 0 && { off }
  const question = { ask: 'commit', plan: shown.id, why: plan.why, ...proofs } as const
  void store.effects.ask(question, { timeoutMs: COMMIT_LIMIT_MS }).then(answer => {
    store.setState({ confirmation: undefined })
    if (!answer.ok) {
      // Whether it was committed is not known: what is on screen 5 is true.
      store.notify(`${answer.error}; see the operations (5) before it is tried again`, 'bad')
      return
    }
    heard(store, answer.value as Committed)
  })
}

function heard(store: ConsoleStore, committed: Committed): void {
  switch (committed.is) {
    case 'begun': {
      dropPlan(store)
      store.setState({ screen: 'operations', opened: [], overlay: undefined })
      const { operation: id } = committed
      store.patchList('operations', { selected: id, index: 0 })
      open(store, { kind: 'operation', id, top: 0, left: 0 })
      return
    }
    case 'done': {
      const request = store.getState().plan?.request
      if (request?.do === 'fence') forgetPower(store, request.hwm)
      dropPlan(store)
      store.notify(committed.what)
      return
    }
    case 'refused':
      store.notify(`not done: ${committed.why}`, 'bad')
      // On what is now, beside what has changed.
      replan(store, { refused: { why: committed.why, lines: committed.lines } })
  }
}

/** Asks an operation's conductor, wherever it is; one that nobody conducts is taken up by this console's engine. */
export function tell(store: ConsoleStore, id: string, to: Verb): void {
  void store.effects.ask({ ask: 'operation', id, to }).then(answer => {
    store.setState({ confirmation: undefined })
    if (!answer.ok) store.notify(answer.error, 'bad')
    else if (typeof answer.value === 'string') store.notify(answer.value)
  })
}

export function arm(store: ConsoleStore): void {
  const till = clockTime(new Date(store.wall() + ARMED_MS))
  store.setState({ armed: { until: store.clock.now() + ARMED_MS, till } })
}

export function isArmed(store: ConsoleStore): boolean {
  const { armed } = store.getState()
  return armed !== undefined && store.clock.now() < armed.until
}
