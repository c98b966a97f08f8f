// The gate between the state and the screen: a picture is made only when the terminal can take it, and it is always the newest.
// No picture waits behind another; a line that is full costs pictures, never their age.
import type { Clock } from '../model/clock.ts'
import type { ConsoleStore } from './store.ts'
import type { FrameView } from './view/frame.ts'
import { composeFrame } from './view/frame.ts'

/** What takes the pictures: a terminal at the end of some line. */
export interface Outlet {
  /** What was given to it has not arrived yet. */
  isFull(): boolean
  /** Calls once, when it is no longer full. */
  whenFree(then: () => void): void
}

/** News of the cluster are shown at most this often; keys at once. */
const NEWS_INTERVAL_MS = 66

export interface Publisher extends Disposable {
  readonly frame: FrameView
  subscribe(listener: () => void): () => void
  /** Shows what a key did, without waiting for anything but the line. */
  now(): void
  /** Resolves when what is true now has been given to the terminal. */
  shown(): Promise<void>
}

export function createPublisher(store: ConsoleStore, outlet: Outlet, clock: Clock): Publisher {
  const listeners = new Set<() => void>()
  let frame = composeFrame(store)
  let lastAt = Number.NEGATIVE_INFINITY
  let isDirty = false
  let isWaiting = false
  let pending: Disposable | undefined
  let alarm: Disposable | undefined
  let waiting: (() => void)[] = []

  const publish = () => {
    pending?.[Symbol.dispose]()
    pending = undefined
    if (outlet.isFull()) {
      if (isWaiting) return
      isWaiting = true
      outlet.whenFree(() => {
        isWaiting = false
        if (isDirty) publish()
      })
      return
    }
    isDirty = false
    lastAt = clock.now()
    frame = composeFrame(store)
    setAlarm()
    for (const listener of listeners) listener()
    const told = waiting
    waiting = []
    for (const tell of told) tell()
  }

  /** The next time at which the picture changes by itself. */
  const setAlarm = () => {
    alarm?.[Symbol.dispose]()
    alarm = undefined
    if (!Number.isFinite(frame.dueAt)) return
    alarm = clock.after(Math.max(1, frame.dueAt - clock.now()), () => store.wake())
  }

  const news = () => {
    isDirty = true
    if (pending || isWaiting) return
    const wait = lastAt + NEWS_INTERVAL_MS - clock.now()
    if (wait <= 0) publish()
    else pending = clock.after(wait, publish)
  }

  const unsubscribe = store.subscribe(news)
  setAlarm()

  return {
    get frame() {
      return frame
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    now() {
      if (isDirty) publish()
    },
    shown() {
      return isDirty ? new Promise(resolve => waiting.push(resolve)) : Promise.resolve()
    },
    [Symbol.dispose]() {
      unsubscribe()
      pending?.[Symbol.dispose]()
      alarm?.[Symbol.dispose]()
      for (const tell of waiting) tell()
      waiting = []
    },
  }
}
