// Reads the public instances that the bench measures on. They lie in a folder given by `--data`; the project has none of them.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

/** Files of a .tar.gz by name; plain files only, as the vbp archives have. */
export function untar(path: string): Map<string, string> {
  const bytes = gunzipSync(readFileSync(path))
  const files = new Map<string, string>()
  const text = (from: number, length: number): string =>
    bytes.toString('utf8', from, from + length).replace(/\0.*$/s, '')
  for (let at = 0; at + 512 <= bytes.length; ) {
    const name = text(at, 100)
    if (name === '') break
    const size = Number.parseInt(text(at + 124, 12), 8)
    const kind = String.fromCharCode(bytes[at + 156]!)
    if (kind === '0' || kind === '\0')
      files.set(name, bytes.toString('utf8', at + 512, at + 512 + size))
    at += 512 + Math.ceil(size / 512) * 512
  }
  return files
}

export interface VbpCase {
  readonly family: string
  readonly name: string
  readonly text: string
  /** -1 when unknown. */
  readonly optimum: number
  readonly published: number
}

/** The vbp families with their optima, in the order of the tables. */
export function vbpCases(data: string): VbpCase[] {
  const cases: VbpCase[] = []
  for (const family of ['panigrahy', 'new', 'triplet']) {
    const table = join(data, 'vbp', `${family}.tsv`)
    if (!existsSync(table)) continue
    const files = untar(join(data, 'vbp', `${family}.tar.gz`))
    const byName = new Map(
      [...files].map(([path, text]) => [path.replace(/^.*\//, '').replace(/\.vbp$/, ''), text]),
    )
    for (const line of readFileSync(table, 'utf8').trim().split('\n').slice(1)) {
      const [name, , optimum, published] = line.split('\t')
      const text = byName.get(name ?? '')
      if (name === undefined || text === undefined) continue
      cases.push({ family, name, text, optimum: Number(optimum), published: Number(published) })
    }
  }
  return cases
}

/** A gzipped or plain text file. */
export function textOf(path: string): string {
  const bytes = readFileSync(path)
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')
}
