import { mkdirSync, readFileSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { consoleOptions, verbsOfTable, writeScreen } from '../../src/cli/console-options.ts'
import type { Context } from '../../src/cli/context.ts'
import { parseLine } from '../../src/cli/parse-line.ts'
import { World } from './world.ts'

let world: World
beforeEach(() => {
  world = new World()
  world.env['XDG_CONFIG_HOME'] = world.folder
})
afterEach(() => world[Symbol.dispose]())

function context(line: string): { readonly context: Context; err(): string } {
  const stderr = new PassThrough()
  const io = { stdin: new PassThrough(), stdout: new PassThrough(), stderr, env: world.env }
  const invocation = parseLine(line.split(' '))
  const signal = new AbortController().signal
  const reach = { store: unused, hypervisor: unused, shell: unused }
  return {
    context: { ...invocation, io, reach, signal, version: '1.2.3' },
    err: () => String(stderr.read() ?? ''),
  }
}

function unused(): never {
  throw new Error('the options of the console need nothing from outside')
}

test('without files and options the console is as it is', async () => {
  const options = await consoleOptions(context('console').context)
  expect(options).toMatchObject({ version: '1.2.3', env: world.env })
  expect(Object.keys(options)).not.toEqual(expect.arrayContaining(['keys']))
  expect([options.ascii, options.color, options.theme]).toEqual([undefined, undefined, undefined])
})

test('the operator’s own files count, and those of the command line go before them', async () => {
  mkdirSync(join(world.folder, 'yasco'))
  world.file('yasco/keys.yaml', 'down: n\n')
  world.file('yasco/theme.yaml', 'dim: gren\n')
  const own = context('console --ascii --no-color')
  const options = await consoleOptions(own.context)
  expect(options.keys?.keys.get('down')).toEqual(['n'])
  expect([options.ascii, options.color]).toEqual([true, false])
  expect(own.err()).toContain("dim: no colour and no attribute 'gren'")
  const named = await consoleOptions(
    context(`console --keys ${world.file('other.yaml', 'down: x\n')}`).context,
  )
  expect(named.keys?.keys.get('down')).toEqual(['x'])
  await expect(consoleOptions(context('console --keys /nowhere').context)).rejects.toHaveProperty(
    'status',
    2,
  )
})

test('the console knows the commands that work on a cluster, and which of them change it', () => {
  const verbs = new Map(verbsOfTable().map(verb => [verb.name, verb]))
  expect(verbs.get('status')).toEqual({
    name: 'status',
    args: '',
    help: 'print what the cluster is doing',
    changes: false,
  })
  expect(verbs.get('apply')?.changes).toBe(true)
  expect([verbs.has('console'), verbs.has('engine'), verbs.has('demo')]).toEqual([
    false,
    false,
    false,
  ])
})

test('a screen is written once, under the time it was taken', async () => {
  const now = new Date('2026-11-22T12:34:56.789Z')
  const told = await writeScreen({ text: 'screen', json: '{}' }, world.folder, now)
  const path = join(world.folder, 'yasco-2026-11-22T123456')
  expect(told).toBe(`written to ${path}.txt and .json`)
  expect([readFileSync(`${path}.txt`, 'utf8'), readFileSync(`${path}.json`, 'utf8')]).toEqual([
    'screen',
    '{}',
  ])
  await expect(writeScreen({ text: 'other', json: '{}' }, world.folder, now)).rejects.toThrow(
    'EEXIST',
  )
})
