import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { completionScript } from '../../src/cli/completion.ts'
import type { CommandSpec } from '../../src/cli/options.ts'
import { COMMANDS } from '../../src/cli/table.ts'
import { World } from './world.ts'

const shown = COMMANDS.filter((command: CommandSpec) => !command.hidden)

test('help names every command, and fits a terminal', async () => {
  using world = new World()
  const { out, status } = await world.run('--help')
  expect(status).toBe(0)
  for (const { name } of shown) expect(out).toContain(`\n  ${name}`)
  expect(out).not.toContain('engine')
  for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(100)
})

test.each(shown.map(({ name }) => name))('%s --help says how it is used', async name => {
  using world = new World()
  const { out, status } = await world.run(`${name} --help`)
  expect(status).toBe(0)
  expect(out).toContain(`Usage: yasco ${name}`)
  expect(out).toContain('--json')
})

test('--version', async () => {
  using world = new World()
  expect((await world.run('--version')).out).toMatch(/^yasco \d+\.\d+\.\d+/)
})

test('wrong use ends with 2 and says so on standard error', async () => {
  using world = new World()
  const { status, out, err } = await world.run('statsu')
  expect({ status, out, err }).toEqual({
    status: 2,
    out: '',
    err: "yasco: there is no command 'statsu'; did you mean 'status'? See: yasco --help\n",
  })
})

describe('completion', () => {
  test.each(['bash', 'zsh', 'fish'])('%s names every command', async shell => {
    using world = new World()
    const { out, status } = await world.run(`completion ${shell}`)
    expect(status).toBe(0)
    for (const { name } of shown) expect(out).toContain(name)
  })

  test.each([
    ['yasco st', ['start', 'status', 'stop']],
    ['yasco completion z', ['zsh']],
    ['yasco apply --ho', ['--homes']],
    ['yasco --read-only eve', ['events']],
    ['yasco events --fo', ['--follow']],
  ])('bash completes %j', (line, expected) => {
    const words = line.split(' ')
    const script = `${completionScript('bash')}
COMP_WORDS=(${words.map(word => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _yasco; printf '%s\\n' "\${COMPREPLY[@]}"`
    const { stdout, status } = spawnSync('bash', ['-c', script], { encoding: 'utf8' })
    expect(status).toBe(0)
    expect(stdout.trim().split('\n').toSorted()).toEqual(expected)
  })
})
