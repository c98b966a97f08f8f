import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

// The import rule is held by the linter over the whole tree; here it is shown that it can be red.

const root = new URL('../..', import.meta.url).pathname
let house: string

beforeEach(() => {
  house = mkdtempSync(join(tmpdir(), 'yasco-house-'))
  copyFileSync(join(root, '.oxlintrc.json'), join(house, '.oxlintrc.json'))
})
afterEach(() => rmSync(house, { recursive: true }))

function lint(path: string, text: string): string {
  mkdirSync(join(house, path, '..'), { recursive: true })
  writeFileSync(join(house, path), text)
  return spawnSync(join(root, 'node_modules/.bin/oxlint'), [path], { cwd: house, encoding: 'utf8' })
    .stdout
}

const upward: [string, string][] = [
  ['src/model/a.ts', '../etcd/store.ts'],
  ['src/solver/a.ts', '../control/step.ts'],
  ['src/solver/check/a.ts', '../compile.ts'],
  ['src/control/a.ts', '../../components/App.tsx'],
  ['src/libvirt/ssh/a.ts', '../../etcd/store.ts'],
  ['src/cluster/a.ts', '../engine/protocol.ts'],
  ['src/engine/a.ts', '../simulator/world.ts'],
  ['src/console/a.ts', '../libvirt/open.ts'],
  ['components/parts/a.ts', '../../src/etcd/client.ts'],
]
test.each(upward)('%s may not import %s', (file, target) => {
  expect(lint(file, `import { x } from '${target}'\nexport const y = x\n`)).toContain(
    'no-restricted-imports',
  )
})

const downward: [string, string][] = [
  ['src/solver/a.ts', '../model/cluster.ts'],
  ['src/solver/check/a.ts', '../problem.ts'],
  ['src/engine/a.ts', '../cluster/observe.ts'],
  ['src/libvirt/ssh/a.ts', '../uri.ts'],
  ['components/parts/a.ts', '../../src/console/store.ts'],
  ['src/cli/a.ts', '../simulator/world.ts'],
]
test.each(downward)('%s may import %s', (file, target) => {
  expect(lint(file, `import { x } from '${target}'\nexport const y = x\n`)).not.toContain(
    'no-restricted-imports',
  )
})

test('pure code may not look at the clock', () => {
  expect(lint('src/control/a.ts', 'export const now = Date.now()\n')).toContain(
    'no-restricted-globals',
  )
})
