// A lock between processes: tests, the lab's command, its fence device and its watchdogs all switch the same hosts.
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { isAlive, processOf, until } from './processes.ts'

/** Takes the lock by making its file; the file of a dead owner counts for nothing. */
function tryLock(file: string): boolean {
  const self = processOf(process.pid)
  try {
    writeFileSync(file, `${process.pid} ${self?.startTime}`, { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const [pid = '', startTime = ''] = readIfThere(file).split(' ')
  // An empty file is one that its owner is about to write.
  if (pid !== '' && !isAlive({ pid: Number(pid), startTime })) rmSync(file, { force: true })
  return false
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return ''
  }
}

/** Does `work` while nobody else holds the lock `file`. */
export async function withLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  await until(`the lock ${file}`, () => tryLock(file), { everyMs: 5 })
  try {
    return await work()
  } finally {
    rmSync(file, { force: true })
  }
}
