// What a benchmark runs as a process of its own: components are TSX, which Node does not run by itself.
import { mkdirSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Bundles a file of this folder, and gives the path of what can be run. */
export async function bundle(file: string): Promise<string> {
  const folder = `${ROOT}/node_modules/.cache/yasco`
  mkdirSync(folder, { recursive: true })
  const outfile = `${folder}/${basename(file, '.tsx')}.mjs`
  await build({
    entryPoints: [fileURLToPath(new URL(file, import.meta.url))],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    packages: 'external',
    jsx: 'automatic',
    logLevel: 'warning',
  })
  return outfile
}
