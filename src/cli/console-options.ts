// What the command line and the operator's own files say of the console: keys, theme, colours, the verbs of its command line, and
// where it writes a screen.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import type { ConsoleOptions } from '../../components/start.tsx'
import { readKeyMap } from '../console/key-map.ts'
import { KEY_TABLE } from '../console/key-table.ts'
import type { Verb } from '../console/palette.ts'
import { readTheme } from '../console/theme.ts'
import { readNamedFile } from './cluster-access.ts'
import type { Context } from './context.ts'
import type { CommandSpec } from './options.ts'
import { COMMANDS } from './table.ts'
import { writeAnew } from './write-anew.ts'

/** Throws `WrongUse` when a file that the command line names cannot be read; one of the operator's own that is not there is no matter. */
export async function consoleOptions(context: Context): Promise<ConsoleOptions> {
  const { io, options, version } = context
  const [keys, theme] = await Promise.all([ownFile(context, 'keys'), ownFile(context, 'theme')])
  const looks = theme && readTheme(theme.text, theme.name)
  for (const problem of looks?.problems ?? []) io.stderr.write(`yasco: ${problem}\n`)
  return {
    env: io.env,
    version,
    verbs: verbsOfTable(),
    save: (file, text) => writeAnew(file, text, process.cwd()),
    dump: files => writeScreen(files, process.cwd(), new Date()),
    ...(options.has('ascii') && { ascii: true }),
    ...(options.has('no-color') && { color: false }),
    ...(keys && { keys: readKeyMap(keys.text, keys.name, KEY_TABLE) }),
    ...(looks && { theme: looks.theme }),
  }
}

/** The commands that make sense on the cluster one looks at. */
export function verbsOfTable(): readonly Verb[] {
  const shown = COMMANDS.filter(
    (command: CommandSpec) => command.onCluster && !command.hidden && command.name !== 'console',
  )
  return shown.map((command: CommandSpec) => ({
    name: command.name,
    args: command.arguments.map(({ name, required }) => (required ? name : `[${name}]`)).join(' '),
    help: command.help,
    changes: command.changes,
  }))
}

/** `--keys FILE`, or keys.yaml in the operator's configuration; the same for the theme. */
async function ownFile(
  { options, io }: Context,
  what: 'keys' | 'theme',
): Promise<{ readonly name: string; readonly text: string } | undefined> {
  const named = options.text(what)
  if (named !== undefined) return { name: named, text: await readNamedFile(named, io.stdin) }
  const folder = io.env['XDG_CONFIG_HOME'] || join(homedir(), '.config')
  const name = join(folder, 'yasco', `${what}.yaml`)
  try {
    return { name, text: await readFile(name, 'utf8') }
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw error
  }
}

function isAbsent(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES'
}

/** Writes a screen as text and its facts as JSON into a folder; tells where. */
export async function writeScreen(
  files: { readonly text: string; readonly json: string },
  folder: string,
  now: Date,
): Promise<string> {
  const name = `yasco-${now.toISOString().slice(0, 19).replaceAll(':', '')}`
  const path = resolve(folder, name)
  await mkdir(folder, { recursive: true })
  await Promise.all([
    writeFile(`${path}.txt`, files.text, { flag: 'wx' }),
    writeFile(`${path}.json`, files.json, { flag: 'wx' }),
  ])
  return `written to ${path}.txt and .json`
}
