// A cluster file's text to a configuration, or to every problem it has.
import { LineCounter, parseDocument, YAMLParseError } from 'yaml'
import type { ClusterConfig, EtcdAccess } from '../cluster.ts'

import { checkConfig } from './check.ts'
import { FileReader } from './item.ts'
import type { Path, Problem } from './problem.ts'
import { readAccess, readCluster } from './read-cluster.ts'
import type { UriProblem } from './read-machines.ts'

/** 10 000 VMs with all their fields are some 2 MiB. */
const MAX_CHARACTERS = 16 * 1024 * 1024

/** Deeper nesting is no cluster file, and the YAML parser would end in a stack overflow. */
const MAX_DEPTH = 64

/** When one of these cannot be read at all, every reference to it would be a problem more. */
const SECTIONS = new Set(['hwms', 'vms'])

export type ParsedFile =
  | {
      readonly ok: true
      readonly config: ClusterConfig
      readonly warnings: readonly Problem[]
      /** Whether the file itself states the value at a path: what it leaves out keeps its value in `apply`. */
      says(path: Path): boolean
    }
  | { readonly ok: false; readonly problems: readonly Problem[] }

/** Reads and checks a cluster file. `file` is its name in problems; `uriProblem` checks libvirt URIs closer than their grammar. */
export function parseClusterFile(
  text: string,
  file: string,
  uriProblem: UriProblem = plainUriProblem,
): ParsedFile {
  const { reader, problems } = open(text, file)
  if (!reader) return { ok: false, problems }
  const config = readCluster(reader.root(), uriProblem)
  const isReadable = reader.problems.every(
    ({ path }) => path.length > 1 || !SECTIONS.has(String(path[0] ?? 'hwms')),
  )
  for (const finding of isReadable ? checkConfig(config) : []) reader.noteFinding(finding)
  const all = sorted(reader.problems)
  if (all.some(problem => problem.severity === 'error')) return { ok: false, problems: all }
  return { ok: true, config, warnings: all, says: path => reader.says(path) }
}

export type ParsedAccess =
  | { readonly ok: true; readonly cluster: string; readonly etcd: EtcdAccess }
  | { readonly ok: false; readonly problems: readonly Problem[] }

/** Reads only the cluster's name and how its etcd is reached: what `--config` is for. Problems elsewhere do not matter then. */
export function parseAccess(text: string, file: string): ParsedAccess {
  const { reader, problems } = open(text, file)
  if (!reader) return { ok: false, problems }
  const access = readAccess(reader.root())
  const own = reader.problems.filter(({ path }) => path[0] === 'cluster' || path[0] === 'etcd')
  return own.length === 0 ? { ok: true, ...access } : { ok: false, problems: sorted(own) }
}

function open(
  text: string,
  file: string,
): { readonly reader?: FileReader; readonly problems: readonly Problem[] } {
  const lines = new LineCounter()
  const problem = (found: string, expected: string, offset = 0): Problem => {
    const { line, col } = lines.linePos(offset)
    const at = { line: Math.max(1, line), column: Math.max(1, col) }
    return { severity: 'error', path: [], found, expected, file, ...at }
  }
  if (text.length > MAX_CHARACTERS)
    return { problems: [problem('more than 16 MiB', 'a smaller file')] }
  if (isTooDeep(text))
    return { problems: [problem(`nesting deeper than ${MAX_DEPTH}`, 'a cluster file')] }
  const document = parseDocument(text, {
    lineCounter: lines,
    uniqueKeys: false,
    prettyErrors: false,
  })
  if (document.errors.length > 0) {
    return {
      problems: document.errors.map(error => problem(yamlFound(error), 'YAML', error.pos[0])),
    }
  }
  return { reader: new FileReader(file, lines, document), problems: [] }
}

/** Counts what can nest, without parsing: brackets, dashes in a row, and columns of indentation. */
function isTooDeep(text: string): boolean {
  let brackets = 0
  for (const character of text) {
    if (character === '[' || character === '{') brackets++
    else if (character === ']' || character === '}') brackets--
    if (brackets > MAX_DEPTH) return true
  }
  return new RegExp(`^ *(?:[-?:] +){${MAX_DEPTH}}`, 'm').test(text) || /^ {1000}/m.test(text)
}

function yamlFound(error: YAMLParseError): string {
  return `broken YAML (${error.message.replaceAll('\n', ' ')})`
}

function sorted(problems: readonly Problem[]): readonly Problem[] {
  return [...problems].sort((a, b) => a.line - b.line || a.column - b.column)
}

/** The grammar every libvirt URI has; without knowing transports and parameters. */
function plainUriProblem(uri: string): string | undefined {
  if (/^[a-z][a-z0-9]*(\+[a-z0-9]+)?:\/\/[^\s]*$/.test(uri)) return undefined
  return `'${uri}': it has no scheme such as qemu+ssh://`
}
