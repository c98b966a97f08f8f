import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { twoHosts, World } from './world.ts'

// Solver threads are started for each: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 30_000 })

const DOCUMENT = readFileSync(new URL('../../docs/json.md', import.meta.url), 'utf8')
const sections = new Map(
  DOCUMENT.split('\n## ')
    .slice(1)
    .map(text => [text.split('\n')[0] ?? '', text]),
)

/** Names of all fields in a value, however deep; those under `open` are free names. */
function fieldsOf(value: unknown, open: readonly string[]): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(one => fieldsOf(one, open))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, one]) => [
    name,
    ...(open.includes(name) ? [] : fieldsOf(one, open)),
  ])
}

test.each([
  ['ClusterStatus', 'status', ['capacity', 'used']],
  ['ClusterConfig', 'export', ['config']],
  ['ClusterConfig', 'import qemu+ssh://root@a/system', ['config']],
  ['ApplyPlan', 'apply --dry-run', []],
  ['DumpPlan', 'dump --dry-run', []],
  ['Event', 'events', []],
  ['Doctor', 'doctor', []],
  ['PlacementPlan', 'plan --capacity', ['map', 'lists', 'demand']],
  ['FallbackMaps', 'fallback --all', ['map', 'lists', 'demand']],
  ['WhatIf', 'what-if --grow one:ram=1GiB', ['before', 'after', 'plan']],
  ['ClusterSnapshot', 'snapshot', ['config']],
])('every field of a %s (yasco %s) is documented', async (kind, line, open) => {
  using world = new World()
  const config = twoHosts(world)
  mkdirSync(join(world.folder, 'domains'))
  await world.run(`apply -f ${config} --yes`)
  const more = readFileSync(config, 'utf8').replace(
    'one: {ha: true, home: a}',
    'one: {home: b}\n  three: {home: a}',
  )
  const which = line.startsWith('apply')
    ? `-f ${world.file('more.yaml', more)}`
    : line.startsWith('import')
      ? ''
      : `--config ${config}`
  const { out } = await world.run(`${line} ${which} --json`.replace('  ', ' '))
  const value = JSON.parse(out)
  expect(value).toMatchObject({ apiVersion: 'yasco/v1', kind })
  const { apiVersion: _, kind: __, ...fields } = value
  const names = new Set(fieldsOf(fields, open))
  expect(names.size).toBeGreaterThan(0)
  for (const name of names) expect(sections.get(kind)).toContain(`\`${name}\``)
})
