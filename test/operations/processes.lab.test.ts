// A host whose /proc is not to be seen: nothing is called gone there. As root, because it hides /proc from one shell.
import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { RunFailed } from '../../src/domains/store.ts'
import { LIMITS, looking, running } from './processes-stage.ts'

test('where /proc shows nothing, that is said, and never that a process is gone', async () => {
  const uuid = randomUUID()
  await running(uuid)
  const [found] = await (await looking()).find(uuid, LIMITS)
  if (!found) throw new Error('it was found')
  const hidden = await looking(
    command =>
      `exec unshare --mount sh -c 'mount -t tmpfs none /proc && eval "exec $1"' - "${command.replace(/["$\\`]/g, '\\$&')}"`,
  )
  await expect(hidden.isGone(found, LIMITS)).rejects.toThrow(RunFailed)
  await expect(hidden.find(uuid, LIMITS)).rejects.toThrow(RunFailed)
})
