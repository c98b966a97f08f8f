// Starts a console on a terminal and a stream to an engine, and keeps it there whatever happens to the engine.
import { render } from 'ink'
import type { Duplex } from 'node:stream'
import type { EngineLink } from '../src/engine/link.ts'
import { linkToEngine } from '../src/engine/link.ts'
import type { Question } from '../src/engine/protocol.ts'
import type { Clock } from '../src/model/clock.ts'
import { realClock } from '../src/model/clock.ts'
import { ASCII, UNICODE } from '../src/console/glyphs.ts'
import type { KeyMap } from '../src/console/key-map.ts'
import { readKeyMap } from '../src/console/key-map.ts'
import { KEY_TABLE } from '../src/console/key-table.ts'
import { lookOf } from '../src/console/look.ts'
import type { Verb } from '../src/console/palette.ts'
import { leavingWords } from '../src/console/acting/leaving.ts'
import { press } from '../src/console/press.ts'
import { createPublisher } from '../src/console/publisher.ts'
import type { ConsoleStore } from '../src/console/store.ts'
import { createConsoleStore } from '../src/console/store.ts'
import type { Theme } from '../src/console/theme.ts'
import { STANDARD } from '../src/console/theme.ts'
import { localDay } from '../src/console/times.ts'
import { screenText, snapshotText } from '../src/console/dump.ts'
import { followFallback } from '../src/console/actions/foresee.ts'
import { followVmFallback } from '../src/console/actions/vm-fallback.ts'
import { tellWhatIsSeen } from '../src/console/actions/move.ts'
import { App } from './App.tsx'
import type { TerminalInput } from './keyboard.ts'
import { Keyboard } from './keyboard.ts'
import { createPaint } from './paint.ts'
import type { TerminalOutput } from './painter.ts'
import { Painter } from './painter.ts'

export interface ConsoleOptions {
  /** NO_COLOR, TERM, LANG, SSH_CONNECTION; default: the process's own. An SSH session gives its own. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Left out: as the environment says. */
  readonly ascii?: boolean
  readonly color?: boolean
  readonly theme?: Theme
  /** `readKeyMap` of the operator's key file; its problems are shown at the start. */
  readonly keys?: KeyMap
  /** The program's own verbs, for the command line of the console. */
  readonly verbs?: readonly Verb[]
  readonly version?: string
  /** Writes what `S` shows; resolves with one sentence that says where. Left out: `S` says that it cannot. */
  readonly dump?: (files: { readonly text: string; readonly json: string }) => Promise<string>
  /** Writes what `:save-log` is asked for; resolves with the whole path. Left out: the console says that it cannot. */
  readonly save?: (file: string, text: string) => Promise<string>
  readonly clock?: Clock
  /** Local date, `2026-11-22`. */
  readonly today?: () => string
  /** The clock on the wall, ms since 1970. */
  readonly wall?: () => number
}

export interface StartOptions {
  /** To an engine that has just been started. */
  readonly stream: Duplex
  /** Gets another engine when the stream is over. Left out: the last picture stays for good. */
  readonly reconnect?: (signal: AbortSignal) => Promise<Duplex>
  readonly stdin: TerminalInput
  readonly stdout: TerminalOutput
  readonly options?: ConsoleOptions
}

export interface Ended {
  /** `quit`: the operator left. `hangup`: the terminal is gone. `fatal`: no engine can be had. */
  readonly reason: 'quit' | 'hangup' | 'fatal'
  /** One sentence, or empty. */
  readonly message: string
}

export interface RunningConsole {
  readonly finished: Promise<Ended>
  /** Leaves as `q` does. Safe to call again. */
  stop(): Promise<Ended>
  /** For who feeds it more than the engine does: the solver's verdict, and tests. */
  readonly store: ConsoleStore
}

const FIRST_RETRY_MS = 500
const LAST_RETRY_MS = 5_000
/** How long leaving waits for the terminal's last answer; it must not fall into the shell's line. */
const LAST_ANSWER_MS = 300
/** A terminal that has not answered by then never will. */
const ANSWERS_WITHIN_MS = 5_000
/** Moving through a list tells the engine at most so often what is looked at. */
const LOOKING_MS = 150

export function startConsole(start: StartOptions): RunningConsole {
  const options = start.options ?? {}
  const env = options.env ?? process.env
  const clock = options.clock ?? realClock
  const version = options.version ?? process.env['YASCO_VERSION'] ?? '0'
  const look = lookOf(env, options)
  const isRemote = (env['SSH_CONNECTION'] ?? env['SSH_TTY'] ?? '') !== ''
  const painter = new Painter(start.stdout, { answers: isRemote })
  const keyboard = new Keyboard(start.stdin, clock, () => painter.answered())
  // Before the first frame asks the terminal anything: its answer must not be echoed onto the screen.
  keyboard.setRawMode(true)
  const leaving = new AbortController()
  const ended = Promise.withResolvers<Ended>()
  let isOver = false
  let link: EngineLink | undefined
  let retryMs = FIRST_RETRY_MS
  let looking: Disposable | undefined

  const sayWhatIsSeen = (screen: string, item?: string) => {
    looking?.[Symbol.dispose]()
    looking = clock.after(LOOKING_MS, () => link?.lookingAt(screen, item))
  }
  const store = createConsoleStore({
    clock,
    version,
    glyphs: look.ascii ? ASCII : UNICODE,
    size: { columns: painter.columns, rows: painter.rows },
    keyMap: options.keys ?? readKeyMap(undefined, '', KEY_TABLE),
    verbs: options.verbs ?? [],
    today: options.today ?? (() => localDay(new Date())),
    wall: options.wall ?? Date.now,
    effects: {
      ask: (question: Question, limits) =>
        link?.ask(question, limits) ?? Promise.resolve({ ok: false, error: 'the engine is gone' }),
      lookingAt: sayWhatIsSeen,
      copy: text => painter.control(`\u001b]52;c;${Buffer.from(text).toString('base64')}\u0007`),
      redraw: () => painter.invalidate(),
      save: options.save,
      dump: options.dump && (() => writeDump(options.dump)),
      quit: () => void leave({ reason: 'quit', message: leavingWords(store.getState()) }),
    },
  })
  const publisher = createPublisher(store, painter, clock)
  const following = [followFallback(store), followVmFallback(store)]
  const writeDump = (dump: ConsoleOptions['dump']): Promise<string> =>
    dump?.({ text: screenText(publisher.frame), json: snapshotText(store.getState()) }) ??
    Promise.resolve('')

  const attach = (stream: Duplex) => {
    link = linkToEngine(stream, version, {
      hello: engine => store.hello(engine),
      snapshot: (snapshot, patch) => {
        retryMs = FIRST_RETRY_MS
        store.take(snapshot, patch)
        return publisher.shown()
      },
      fatal: message => {
        store.fatal(message)
        void leave({ reason: 'fatal', message })
      },
      ended: reason => lose(reason),
    })
    tellWhatIsSeen(store)
  }
  const lose = (reason: string) => {
    link = undefined
    if (isOver) return
    store.lost(reason)
    const { reconnect } = start
    if (!reconnect) return
    const wait = retryMs
    retryMs = Math.min(LAST_RETRY_MS, retryMs * 2)
    clock.after(wait, () => {
      if (isOver) return
      reconnect(leaving.signal).then(
        stream => (isOver ? stream.destroy() : attach(stream)),
        (error: unknown) => lose(error instanceof Error ? error.message : String(error)),
      )
    })
  }

  const onResize = () => {
    painter.resize()
    store.resize(painter.columns, painter.rows)
    publisher.now()
  }
  const onHangup = () => void leave({ reason: 'hangup', message: '' })
  const leave = (how: Ended): Promise<Ended> => {
    if (isOver) return ended.promise
    isOver = true
    leaving.abort()
    looking?.[Symbol.dispose]()
    publisher[Symbol.dispose]()
    for (const each of following) each[Symbol.dispose]()
    link?.bye()
    const close = () => {
      instance.unmount()
      painter.finish()
      keyboard.finish()
      start.stdout.off('resize', onResize)
      start.stdin.off('end', onHangup)
      start.stdin.off('close', onHangup)
      link?.[Symbol.dispose]()
      ended.resolve(how)
    }
    if (!painter.awaitsAnswer || how.reason === 'hangup') close()
    else {
      const limit = clock.after(LAST_ANSWER_MS, () => painter.giveUpOnAnswers())
      painter.whenAnswered(() => {
        limit[Symbol.dispose]()
        close()
      })
    }
    return ended.promise
  }

  start.stdout.on('resize', onResize)
  start.stdin.on('end', onHangup)
  start.stdin.on('close', onHangup)
  if (isRemote)
    clock.after(ANSWERS_WITHIN_MS, () => painter.hasAnswered || painter.giveUpOnAnswers())

  const instance = render(
    <App
      source={publisher}
      paint={createPaint(options.theme ?? STANDARD, look)}
      press={key => {
        press(store, key)
        publisher.now()
      }}
    />,
    {
      // Ink asks of its streams what these two have, and no more.
      stdout: painter as unknown as NodeJS.WriteStream,
      stdin: keyboard as unknown as NodeJS.ReadStream,
      // Whole frames, at once: what of them is written, and when, is the painter's and the publisher's business.
      debug: true,
      interactive: true,
      alternateScreen: true,
      patchConsole: false,
      exitOnCtrlC: false,
    },
  )
  painter.control('\u001b[?25l')
  attach(start.stream)

  return {
    finished: ended.promise,
    stop: () => leave({ reason: 'quit', message: leavingWords(store.getState()) }),
    store,
  }
}
