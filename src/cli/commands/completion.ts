// yasco completion SHELL
import type { Run } from '../context.ts'
import { completionScript } from '../completion.ts'
import { EXIT, WrongUse } from '../exit.ts'

export const run: Run = async ({ arguments: [shell], io }) => {
  const script = completionScript(shell ?? '')
  if (script === undefined) throw new WrongUse(`there is no completion for '${shell}'`)
  io.stdout.write(script)
  return EXIT.done
}
