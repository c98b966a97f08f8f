// Runs one command line: parse, load the command, hand it its ports, and turn whatever it throws into a sentence and a status.
import { CommandFailed, EXIT, type ExitStatus } from './exit.ts'
import type { Context, Io, Reach } from './context.ts'
import { loadCommand } from './load.ts'
import { type Invocation, parseLine } from './parse-line.ts'

/** This build's version; esbuild puts it in. */
export const VERSION = process.env.YASCO_VERSION ?? '0.0.0-source'

/** What a test puts in place of the world: ports, and a signal that does what Ctrl-C does. */
export interface MadeUp {
  readonly reach: Reach
  readonly stop?: AbortSignal
}

export async function run(argv: readonly string[], io: Io, madeUp?: MadeUp): Promise<ExitStatus> {
  const stop = stopSignals(madeUp?.stop)
  let invocation: Invocation
  try {
    invocation = parseLine(argv)
    if (invocation.options.has('version')) {
      io.stdout.write(`yasco ${VERSION}\n`)
      return EXIT.done
    }
    if (invocation.options.has('help')) {
      const { commandHelp, overview } = await import('./help.ts')
      io.stdout.write(invocation.isNamed ? commandHelp(invocation.command) : overview())
      return EXIT.done
    }
    const timeoutMs = invocation.options.duration('timeout')
    const signal =
      timeoutMs === undefined
        ? stop.signal
        : AbortSignal.any([stop.signal, AbortSignal.timeout(timeoutMs)])
    const { run: command } = await loadCommand(invocation.command.name)
    await using world = madeUp ? undefined : await openReach()
    const context: Context = {
      ...invocation,
      io,
      reach: madeUp?.reach ?? world ?? notReached(),
      signal,
      version: VERSION,
    }
    return await command(context)
  } catch (error) {
    if (error instanceof CommandFailed) {
      io.stderr.write(`yasco: ${error.message}\n`)
      return error.status
    }
    const { describeFailure } = await import('./failure.ts')
    const { lines, status } = describeFailure(error, stop.signal)
    for (const line of lines) io.stderr.write(`${line}\n`)
    return status
  } finally {
    stop[Symbol.dispose]()
  }
}

async function openReach(): Promise<Reach & AsyncDisposable> {
  const { WorldReach } = await import('./reach.ts')
  return new WorldReach()
}

function notReached(): never {
  throw new TypeError('a command has either given ports or its own')
}

/** Ctrl-C and SIGTERM end a command in order; a second one ends the process. */
function stopSignals(other?: AbortSignal): { readonly signal: AbortSignal } & Disposable {
  const controller = new AbortController()
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  const onSignal = (name: NodeJS.Signals) => {
    controller.abort(new CommandFailed(EXIT.failed, `ended by ${name}`))
    remove()
  }
  const remove = () => names.forEach(name => process.removeListener(name, onSignal))
  other?.addEventListener('abort', () => controller.abort(other.reason), { once: true })
  for (const name of names) process.on(name, onSignal)
  return { signal: controller.signal, [Symbol.dispose]: remove }
}
