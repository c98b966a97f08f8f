// Files that the console writes because the operator asks for them: never over one that is there.
import { writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

/** A file that was not written, and why. */
export class NotWritten extends Error {
  override readonly name = 'NotWritten'
  readonly path: string
  readonly code: string
  constructor(path: string, cause: NodeJS.ErrnoException) {
    super(sentence(path, cause), { cause })
    this.path = path
    this.code = cause.code ?? ''
  }
}

/** `file` is looked for in `folder`, `~/` in the operator's home. Resolves with the whole path; rejects with `NotWritten`. */
export async function writeAnew(file: string, text: string, folder: string): Promise<string> {
  const path = file.startsWith('~/') ? join(homedir(), file.slice(2)) : resolve(folder, file)
  try {
    await writeFile(path, text, { flag: 'wx' })
  } catch (error) {
    throw error instanceof Error ? new NotWritten(path, error) : error
  }
  return path
}

function sentence(path: string, { code, message }: NodeJS.ErrnoException): string {
  switch (code) {
    case 'EEXIST':
    case 'EISDIR':
      return `${path} is there already and is left as it is: give another name`
    case 'ENOENT':
    case 'ENOTDIR':
      return `there is no folder ${dirname(path)}`
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return `${path} may not be written by this user`
    case 'ENOSPC':
    case 'EDQUOT':
      return `there is no room for ${path}`
    case undefined:
    default:
      return message
  }
}
