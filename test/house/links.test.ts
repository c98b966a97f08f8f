import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

// Who follows a link of the README or the docs arrives somewhere, and who copies a name of a file of ours finds it.

const root = new URL('../..', import.meta.url).pathname

test.each(['README.md', 'test/lab/README.md', ...globSync('docs/*.md', { cwd: root })])(
  '%s',
  page => {
    const text = readFileSync(join(root, page), 'utf8')
    const links = Array.from(text.matchAll(/\]\(([^)#\s]+)/g), match => match[1] ?? '')
    const near = links.filter(link => !/^[a-z]+:/.test(link))
    const named = Array.from(
      text.matchAll(/`((?:src|test|config|docs|bin)\/[\w./-]+\.\w+)`/g),
      match => match[1] ?? '',
    )
    const missing = [
      ...near.filter(link => !existsSync(join(root, dirname(page), link))),
      ...named.filter(path => !existsSync(join(root, path))),
    ]
    expect(missing).toEqual([])
  },
)
