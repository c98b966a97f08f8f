import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { Keyboard } from '../../components/keyboard.ts'
import { keysOf } from '../../src/console/key-names.ts'
import { StandingClock } from './language/clock.ts'

function stage() {
  const clock = new StandingClock(0)
  const input = new PassThrough()
  let answers = 0
  const keyboard = new Keyboard(input, clock, () => answers++)
  return {
    clock,
    /** What Ink would read. */
    after: async (...chunks: readonly (string | number)[]): Promise<string> => {
      for (const chunk of chunks) {
        if (typeof chunk === 'number') clock.pass(chunk)
        else input.write(chunk)
        await new Promise(resolve => setImmediate(resolve))
      }
      return (keyboard.read() as Buffer | null)?.toString() ?? ''
    },
    answers: () => answers,
  }
}

const ESC = '\u001b[27u'

describe('the keyboard', () => {
  test('a sequence that the line tore apart is one key', async () => {
    expect(await stage().after('\u001b', 60, '[A')).toBe('\u001b[A')
    expect(await stage().after('\u001b[', 500, '6~')).toBe('\u001b[6~')
    expect(await stage().after('j\u001b', 30, '[', 30, 'B', 'k')).toBe('j\u001b[Bk')
  })

  test('a lone Esc is Esc, soon, and cannot swallow the key after it', async () => {
    expect(await stage().after('\u001b')).toBe('')
    expect(await stage().after('\u001b', 90)).toBe(ESC)
    expect(await stage().after('\u001bq')).toBe(`${ESC}q`)
    expect(await stage().after('\u001b\u001b', 90)).toBe(ESC + ESC)
  })

  test('the mouse, the focus and the terminal answering are no keys', async () => {
    expect(await stage().after('a\u001b[<0;10;5Mb\u001b[<0;10;5mc')).toBe('abc')
    expect(await stage().after('\u001b[I\u001b[Ox')).toBe('x')
    expect(await stage().after('\u001b[?1;2cx', '\u001b]11;rgb:0000/0000/0000\u0007y')).toBe('xy')
    const line = stage()
    expect(await line.after('j\u001b[0nk')).toBe('jk')
    expect(line.answers()).toBe(1)
  })

  test('the beginning of a sequence that never ends is forgotten', async () => {
    expect(await stage().after('\u001b[<0;1', 1_100, 'j')).toBe('j')
  })

  test('a letter of several bytes may come in pieces', async () => {
    const bytes = Buffer.from('ж')
    const input = new PassThrough()
    const keyboard = new Keyboard(input, new StandingClock(0), () => {})
    input.write(bytes.subarray(0, 1))
    input.write(bytes.subarray(1))
    await new Promise(resolve => setImmediate(resolve))
    expect((keyboard.read() as Buffer).toString()).toBe('ж')
  })
})

test('a burst of keys is as many keys', () => {
  expect(keysOf('jj\rq', {})).toEqual(['j', 'j', 'enter', 'q'])
  expect(keysOf('', { upArrow: true })).toEqual(['up'])
  expect(keysOf('u', { ctrl: true })).toEqual(['ctrl-u'])
  expect(keysOf('\t', { tab: true, shift: true })).toEqual(['shift-tab'])
})
