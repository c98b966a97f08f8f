// Where the program begins. It loads no more than it needs to know what is wanted; the rest comes with the command.
import { EXIT } from './exit.ts'
import { run } from './run.ts'

// Whoever reads the output has had enough (`yasco events | head`): no failure, and nobody left to tell.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(EXIT.done)
})

// The clock's timers keep no process alive; a command that only waits must not be ended for that (by Node, with status 13).
const awake = setInterval(() => undefined, 2 ** 30)
process.exitCode = await run(process.argv.slice(2), process)
// A pipe holds 64 KiB: what it has no room for waits in this process, and would end with it.
for (const stream of [process.stdout, process.stderr]) {
  const { promise, resolve } = Promise.withResolvers<void>()
  stream.write('', () => resolve())
  await promise
}
clearInterval(awake)
// What a command left open (a connection that is closing, a timer) does not keep the terminal waiting.
process.exit()
