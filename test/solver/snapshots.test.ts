// Clusters as text with the answer beside them, for people to read: `UPDATE_GOLDEN=1 npm run unit -- test/solver/snapshots.test.ts`
// writes the answers anew. The command is the first line of each.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { World } from '../cli/world.ts'

const folder = new URL('snapshots/', import.meta.url)
const names = readdirSync(folder).flatMap(file =>
  file.endsWith('.yaml') ? [file.slice(0, -5)] : [],
)

test.each(names)('%s', async name => {
  using world = new World()
  const path = new URL(`${name}.yaml`, folder).pathname
  const [, line] = /^# yasco (.*)$/m.exec(readFileSync(path, 'utf8')) ?? []
  const { out, err, status } = await world.run(`${line} --snapshot ${path} --seed 1`)
  const told = `${err}${out}ends with ${status}\n`
    .replaceAll(/\(\d+\.\d s\)/g, '(time)')
    .replaceAll(path, name)
  const file = new URL(`${name}.txt`, folder)
  if (process.env['UPDATE_GOLDEN']) writeFileSync(file, told)
  expect(told).toBe(existsSync(file) ? readFileSync(file, 'utf8') : '')
})
