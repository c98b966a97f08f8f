import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'

const MAIN = new URL('../../src/cli/main.ts', import.meta.url).pathname

function shell(line: string): {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
} {
  const script = `yasco() { '${process.execPath}' '${MAIN}' "$@"; }; ${line}`
  return spawnSync('bash', ['-c', script], { encoding: 'utf8' })
}

test('the program itself: output, status, standard error', () => {
  expect(shell('yasco --version')).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^yasco \d/),
    stderr: '',
  })
  expect(shell('yasco nonsense')).toMatchObject({
    status: 2,
    stdout: '',
    stderr: expect.stringContaining("no command 'nonsense'"),
  })
})

test('a reader that goes away is no failure', () => {
  const { status, stderr } = shell('yasco completion fish | true; exit ${PIPESTATUS[0]}')
  expect([status, stderr]).toEqual([0, ''])
})

test('without a terminal the console says what to use instead', () => {
  expect(shell('yasco </dev/null | cat; exit ${PIPESTATUS[0]}')).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('yasco status'),
  })
})
