// Where the program begins. It loads no more than it needs to know what is wanted; the rest comes with the command.
import { run } from './run.ts'

process.exitCode = await run(process.argv.slice(2), process)
// What a command left open (a connection that is closing, a timer) does not keep the terminal waiting.
process.exit()
