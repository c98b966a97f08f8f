// The pictures of README and docs are drawn, and show what they are there for. `npm run pictures` writes them.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { XMLValidator } from 'fast-xml-parser'
import { expect, test } from 'vitest'
import { draw, PICTURES } from './pictures.ts'

// Times of day are everywhere the same.
process.env['TZ'] = 'UTC'
const FOLDER = new URL('../../docs/pictures/', import.meta.url)

test.each(PICTURES)(
  '$name',
  async picture => {
    const { svg, text } = await draw(picture)
    for (const word of picture.words) expect(text).toMatch(word)
    expect(XMLValidator.validate(svg)).toBe(true)
    const file = new URL(`${picture.name}.svg`, FOLDER)
    if (process.env['DRAW_PICTURES']) {
      mkdirSync(FOLDER, { recursive: true })
      writeFileSync(file, svg)
    }
    // What is stored may be of an earlier day, but not of another picture: 'npm run pictures' draws it anew.
    const stored = readFileSync(file, 'utf8')
    expect(stored).toContain(`<title>${picture.title}</title>`)
    expect(stored.split('<').length).toBeGreaterThan(svg.split('<').length / 2)
  },
  60_000,
)

test('README shows only pictures that there are', () => {
  const names = new Set(PICTURES.map(({ name }) => `docs/pictures/${name}.svg`))
  const shown = ['README.md', 'docs/operations.md', 'docs/solver.md']
    .map(file => new URL(`../../${file}`, import.meta.url))
    .filter(file => existsSync(file))
    .flatMap(
      file =>
        readFileSync(file, 'utf8').match(
          /docs\/pictures\/[\w-]+\.svg|(?<=\()pictures\/[\w-]+\.svg/g,
        ) ?? [],
    )
    .map(path => path.replace(/^pictures/, 'docs/pictures'))
  expect(shown.length).toBeGreaterThan(0)
  expect(shown.filter(path => !names.has(path))).toEqual([])
})
