import * as fc from 'fast-check'
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FolderStore } from '../../src/domains/folder.ts'
import { runHere } from '../../src/domains/run-here.ts'
import { DomainStoreFailed, DomainStoreSilent } from '../../src/domains/store.ts'
import { VM_NAME } from '../../src/model/names.ts'

let folder: string
let store: FolderStore
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'yasco-domains-'))
  store = new FolderStore(folder, 'quark', runHere())
})
afterEach(() => rmSync(folder, { recursive: true }))

test('what is written is read, listed, and replaces what was there', async () => {
  expect(await store.list()).toEqual([])
  expect(await store.read('test')).toBeUndefined()
  await store.write('test', '<domain>1</domain>')
  await store.write('test', '<domain>2</domain>\n')
  await store.write('a b', '<domain/>')
  expect(await store.read('test')).toBe('<domain>2</domain>\n')
  expect(await store.list()).toEqual(['a b', 'test'])
  expect(readdirSync(folder)).toEqual(['a b.xml', 'test.xml'])
})

test('many are read at once, exactly as they are', async () => {
  const texts = new Map([
    ['a', '<a/>'],
    ['b', '<b/>\n'],
    ['c d', ''],
    ['e', '\n-- x\n\n'],
  ])
  for (const [vm, text] of texts) await store.write(vm, text)
  expect(await store.readMany([...texts.keys(), 'none'])).toEqual(texts)
  expect(await store.readMany(['none'])).toEqual(new Map())
  expect(await store.readMany([])).toEqual(new Map())
})

test('a folder that is not there yet is made by the first write; listing it says what is wrong', async () => {
  const deeper = new FolderStore(join(folder, 'x', 'domains'), 'quark', runHere())
  await expect(deeper.list()).rejects.toThrow(DomainStoreFailed)
  await expect(deeper.list()).rejects.toThrow(/x\/domains on quark: listing it failed: /)
  await deeper.write('test', '<domain/>')
  expect(await deeper.list()).toEqual(['test'])
})

test('XML is for root only: it may hold passwords of consoles', async () => {
  await store.write('test', '<domain/>')
  const { stdout } = spawnSync('stat', ['-c', '%a', join(folder, 'test.xml')], { encoding: 'utf8' })
  expect(stdout.trim()).toBe('600')
})

test('a write that fails leaves what was there, and nothing else', async () => {
  await store.write('test', '<domain>old</domain>')
  const full = join(folder, 'full')
  mkdirSync(full)
  const broken = new FolderStore(folder, 'quark', async (script, options) =>
    runHere()(`cat() { return 1; }; ${script}`, options),
  )
  await expect(broken.write('test', '<domain>new</domain>')).rejects.toThrow(DomainStoreFailed)
  expect(readFileSync(join(folder, 'test.xml'), 'utf8')).toBe('<domain>old</domain>')
  expect(readdirSync(folder)).toEqual(['full', 'test.xml'])
})

test('any name libvirt may have and any text survive the shell', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc
        .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
        .filter(name => VM_NAME.test(name)),
      fc.string({ unit: 'binary', maxLength: 50 }),
      async (name, text) => {
        await store.write(name, text)
        expect(await store.read(name)).toBe(Buffer.from(text).toString())
        expect(await store.list()).toContain(name)
      },
    ),
    {
      numRuns: 8,
      examples: [
        ['\'; rm -rf "$1" #', '$(reboot)'],
        ['-n', '-e'],
        ['*', '%s\\n'],
        ['.hidden', ''],
      ],
    },
  )
}, 30_000)

test('a read that hangs is given up in time, though nothing can end it', async () => {
  const survivor = join(folder, 'survivor')
  // In a session of its own, as out of reach as a process in D state; it keeps the pipes open.
  const shell = join(folder, 'hanging-shell')
  writeFileSync(
    shell,
    `#!/bin/sh\nexec setsid --wait sh -c 'echo $$ > ${survivor}; exec sleep 60'\n`,
  )
  chmodSync(shell, 0o755)
  const hanging = new FolderStore(folder, 'quark', runHere(shell))
  const reading = hanging.read('test', { timeoutMs: 300 })
  await expect(reading).rejects.toThrow(DomainStoreSilent)
  await expect(reading).rejects.toThrow(
    `${folder} on quark gave no answer within 300 ms (reading test)`,
  )
  if (existsSync(survivor)) process.kill(Number(readFileSync(survivor, 'utf8')), 'SIGKILL')
}, 30_000)

test('the caller can end it', async () => {
  spawnSync('mkfifo', [join(folder, 'test.xml')])
  const controller = new AbortController()
  const reading = store.read('test', { timeoutMs: 60_000, signal: controller.signal })
  controller.abort(new Error('enough'))
  await expect(reading).rejects.toThrow('enough')
  await expect(store.read('test', { signal: controller.signal })).rejects.toThrow('enough')
})
