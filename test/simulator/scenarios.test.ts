// Every .story here is a test: its actions are played, and what is seen must be what the file says. `REWRITE=1` writes the files anew.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { sized, threeHosts } from '../../src/simulator/made-up.ts'
import { lineOf, tell } from '../../src/simulator/playback.ts'
import { parseStory } from '../../src/simulator/story.ts'

const folder = new URL('scenarios/', import.meta.url)
const names = readdirSync(folder).filter(name => name.endsWith('.story'))

async function toldBy(text: string): Promise<string> {
  const size = /^# cluster (\d+)x(\d+)$/m.exec(text)
  const cluster = size ? sized(Number(size[1]), Number(size[2]), 1) : threeHosts()
  const lines: string[] = []
  for await (const telling of tell(parseStory(text), cluster, 1)) lines.push(lineOf(telling))
  return `${lines.join('\n')}\n`
}

for (const name of names) {
  test(`story ${name}`, async () => {
    const file = new URL(name, folder)
    const text = readFileSync(file, 'utf8')
    const told = await toldBy(text)
    if (process.env['REWRITE'] === '1') writeFileSync(file, told)
    else expect(told).toBe(text)
    expect(await toldBy(text)).toBe(told)
  })
}

test('there are scenarios', () => {
  expect(names.length).toBeGreaterThan(5)
})
