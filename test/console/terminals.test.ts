// The console on all kinds of terminals: sizes, colours or none, UTF-8 or not, resized, garbled, left.
import { describe, expect, test } from 'vitest'
import { readKeyMap } from '../../src/console/key-map.ts'
import { KEY_TABLE } from '../../src/console/key-table.ts'
import { widthOf } from '../../src/console/text.ts'
import { cluster, console } from './language/story.ts'
import type { Terminal } from './language/terminal.ts'

/** No line is wrapped, the head is at the top, the keys are at the bottom. */
function isFramed(terminal: Terminal): void {
  const lines = terminal.lines()
  const screen = `\n${terminal.text()}`
  for (const line of lines) expect(widthOf(line), screen).toBeLessThanOrEqual(terminal.columns)
  expect(lines[0], screen).toMatch(/^ innopolis|^ live/)
  expect(lines.at(-1), screen).toMatch(/\? help|^ Up|^ :|^ \//)
}

/** And something is selected by its mark. */
function isWhole(terminal: Terminal): void {
  isFramed(terminal)
  const screen = `\n${terminal.text()}`
  expect(
    terminal.lines().some(line => /^.?> |[│|].?> /.test(line)),
    screen,
  ).toBe(true)
}

const SIZES = [
  '40x10',
  '41x11',
  '60x15',
  '79x24',
  '80x24',
  '99x30',
  '100x30',
  '101x25',
  '132x43',
  '160x50',
  '200x60',
  '250x70',
]

describe('sizes', () => {
  test.each(SIZES)('%s: every screen is whole', size =>
    console
      .at(size)
      .on(cluster('three-hosts'))
      .kill('quark')
      .move('win7-vmm2', 'snailin')
      .does(({ terminal }) => isWhole(terminal))
      .press('tab')
      .does(({ terminal }) => isWhole(terminal))
      .press('2')
      .does(({ terminal }) => isWhole(terminal))
      .press('6')
      .does(({ terminal }) => isWhole(terminal))
      .press('1', 's')
      .does(({ terminal }) => isWhole(terminal)),
  )

  test.each(['1', '2', '3', '4', '6'])(
    'screen %s at every width from 40 to 250',
    { timeout: 60_000 },
    screen => {
      let story = console.at('40x24').on(cluster('three-hosts')).kill('quark').press(screen)
      for (let columns = 40; columns <= 250; columns++) {
        story = story
          .resize(`${columns}x24`)
          .does(({ terminal }) => (/[126]/.test(screen) ? isWhole(terminal) : isFramed(terminal)))
      }
      return story
    },
  )

  test.each(['80x24', '160x50', '112x16', '60x15', '40x10'])(
    '%s: as it was when somebody looked at it',
    size =>
      console
        .at(size)
        .on(cluster('three-hosts'))
        .kill('quark')
        .move('win7-vmm2', 'snailin')
        .golden(`hwm-${size}`)
        .press('2')
        .golden(`vm-${size}`)
        .press('6')
        .golden(`log-${size}`),
  )

  test('forty hosts at 160x50', () =>
    console
      .at('160x50')
      .on(cluster('forty-hosts'))
      .kill('hwm07')
      .sees('DOWN')
      .golden('forty-160x50'))

  test('smaller than useful it is still not broken', () =>
    console
      .at('20x4')
      .on(cluster('three-hosts'))
      .does(({ terminal }) => {
        for (const line of terminal.lines()) expect(widthOf(line)).toBeLessThanOrEqual(20)
      }))

  test('resized, it fills its new size, and nothing of the old one is left', () =>
    console
      .at('160x50')
      .on(cluster('three-hosts'))
      .sees('VM on andreys')
      .resize('60x15')
      .doesNotSee('VM on andreys')
      .does(({ terminal }) => isWhole(terminal))
      .resize('120x40')
      .sees('VM on andreys')
      .does(({ terminal }) => isWhole(terminal))
      .resize('80x24')
      .does(({ terminal }) => isWhole(terminal)))
})

describe('looks', () => {
  test('NO_COLOR: no colours; the selection is still to be seen, the states are words and signs', () =>
    console
      .at('80x24')
      .on(cluster('three-hosts'))
      .with({ env: { TERM: 'xterm', LANG: 'C.UTF-8', NO_COLOR: '1' } })
      .kill('quark')
      .sees('✗ quark    DOWN')
      .seesAs('DOWN', 'default')
      .selects('quark')
      .does(({ terminal }) => {
        for (let row = 0; row < terminal.rows; row++) {
          for (let column = 0; column < terminal.columns; column++) {
            expect(terminal.cell(row, column).color).toBe('default')
          }
        }
      }))

  test('only the 16 colours of the terminal are used', () =>
    console
      .at('160x50')
      .on(cluster('three-hosts'))
      .kill('quark')
      .does(({ terminal }) => {
        for (let row = 0; row < terminal.rows; row++) {
          for (let column = 0; column < terminal.columns; column++) {
            expect(terminal.cell(row, column).color).toMatch(/^[a-z]+$/)
          }
        }
      }))

  test.each([
    { why: 'a locale without UTF-8', options: { env: { TERM: 'xterm', LANG: 'C' } } },
    { why: 'Linux’s own terminal', options: { env: { TERM: 'linux', LANG: 'C.UTF-8' } } },
    { why: '--ascii', options: { env: { TERM: 'xterm', LANG: 'C.UTF-8' }, ascii: true } },
  ])('ASCII by $why: nothing else is written', ({ options }) =>
    console
      .at('110x30')
      .on(cluster('three-hosts'))
      .with(options)
      .kill('quark')
      .does(({ cluster: scripted }) => scripted.changeVm('test', { where: 'сервер' }))
      .press('2')
      .sees('??????')
      .press('1')
      .selects('quark')
      .does(({ terminal }) => expect(terminal.text()).toMatch(/^[\u0020-\u007e\n]*$/))
      .golden('ascii-110x30')
      .press('?')
      .does(({ terminal }) => expect(terminal.text()).toMatch(/^[\u0020-\u007e\n]*$/)),
  )

  test('a name that holds codes of a terminal is shown, not obeyed', () =>
    console
      .at('80x24')
      .on(cluster('three-hosts'))
      .does(({ cluster: scripted }) => {
        scripted.changeHwm('quark', {
          state: 'down',
          reason: '\u001b[2J\u001b]0;owned\u0007\u202etxet',
          since: 0,
        })
      })
      .sees('?[2J?]0;owned??txet')
      .sees('HWM 3'))

  test('wide and combined characters keep the columns in place', () =>
    console
      .at('110x24')
      .on(cluster('three-hosts'))
      .does(({ cluster: scripted }) => {
        scripted.changeHwm('quark', {
          state: 'down',
          reason: '日本語のサーバが応答しません 👩‍🚀 é',
          since: 0,
        })
      })
      .sees('日本語')
      .does(({ terminal }) => {
        const walls = terminal.lines().filter(line => line.includes('│'))
        const at = walls.map(line => widthOf(line.slice(0, line.indexOf('│'))))
        expect(new Set(at).size).toBe(1)
      }))
})

describe('a terminal of its own', () => {
  test('the console lives on the alternate screen and leaves it with q', () =>
    console
      .at('80x24')
      .on(cluster('three-hosts'))
      .does(({ terminal }) => expect(terminal.isAlternateScreen).toBe(true))
      .press('q')
      .does(async ({ terminal, program }) => {
        expect(await program.ended).toEqual({ reason: 'quit', message: '' })
        await terminal.read()
        expect(terminal.isAlternateScreen).toBe(false)
        expect(terminal.raw).toSatisfy((raw: string) => raw.endsWith('\u001b[?25h'))
      }))

  test('Ctrl-C does not end it, it says how to', () =>
    console.at('80x24').on(cluster('three-hosts')).press('ctrl-c').sees('q leaves the console'))

  test('when the terminal hangs up, it ends', () =>
    console
      .at('80x24')
      .on(cluster('three-hosts'))
      .does(async ({ program }) => {
        program.keys.end()
        expect((await program.ended).reason).toBe('hangup')
      }))

  test('Ctrl-L writes over what another program has left on the screen', () =>
    console
      .at('80x24')
      .on(cluster('three-hosts'))
      .does(({ program }) => void program.output.write('\u001b[5;5HThe system is going down'))
      .sees('going down')
      .press('ctrl-l')
      .doesNotSee('going down')
      .sees('andreys'))

  test('over SSH the far end is asked when it has shown a frame, and leaving waits for its last answer', () =>
    console
      .at('80x24')
      .on(cluster('three-hosts'))
      .with({ env: { TERM: 'xterm', LANG: 'C.UTF-8', SSH_CONNECTION: '10.0.0.1 5 10.0.0.2 22' } })
      .does(({ terminal }) => expect(terminal.raw).toContain('\u001b[5n'))
      .press('j')
      .selects('quark')
      .press('q')
      .does(async ({ program }) => expect((await program.ended).reason).toBe('quit')))
})

describe('a line that is full', () => {
  test('no picture is made while it is; then the newest is shown, and none of those between', () =>
    console
      .at('80x24')
      .on(cluster('three-hosts'))
      .does(({ program }) => {
        program.output.writableLength = 100_000
      })
      .kill('quark')
      .press('j')
      .doesNotSee('DOWN')
      .rescue('quark')
      .kill('snailin')
      .doesNotSee('DOWN')
      .does(({ program, terminal }) => {
        const before = terminal.bytes
        program.output.writableLength = 0
        program.output.emit('drain')
        expect(terminal.bytes - before).toBeLessThan(2_000)
      })
      .sees('snailin  DOWN')
      // The key was about what was seen then: one below andreys.
      .selects('snailin'))
})

describe('keys of one’s own', () => {
  test('a key file gives other keys, shown in the line of keys and in help', () =>
    console
      .at('130x60')
      .on(cluster('three-hosts'))
      .with({ keys: readKeyMap('down: n\nup: p\nquit: Q\n', 'keys.yaml', KEY_TABLE) })
      .press('n')
      .selects('quark')
      .press('p')
      .selects('andreys')
      .press('j')
      .selects('andreys')
      .sees('Q quit'))

  test('mistakes in it are told at the start, and change nothing', () =>
    console
      .at('100x30')
      .on(cluster('three-hosts'))
      .with({ keys: readKeyMap('dwon: n\nquit: enter\n', 'keys.yaml', KEY_TABLE) })
      .sees("keys.yaml: no action 'dwon': did you mean 'down'? (and 1 more: :problems)")
      .type(':problems\r')
      .sees("quit: 'enter' cannot be given away"))
})

describe('bytes', () => {
  test('an idle second costs none', () =>
    console
      .at('160x50')
      .on(cluster('three-hosts'))
      .does(async ({ terminal, clock }) => {
        const before = terminal.bytes
        clock.pass(1_000)
        await terminal.wire.quiet()
        expect(terminal.bytes).toBe(before)
      }))

  test.each(['80x24', '160x50'])(
    'one changed VM at %s costs at most 300, a key at most 600',
    size =>
      console
        .at(size)
        .on(cluster('forty-hosts'))
        .press('2')
        .does(async ({ terminal, cluster: scripted }) => {
          const before = terminal.bytes
          scripted.changeVm('vm00002', { state: 'paused' })
          await terminal.wire.quiet()
          expect(terminal.bytes - before).toBeGreaterThan(0)
          expect(
            terminal.bytes - before,
            terminal.raw.slice(before - terminal.bytes),
          ).toBeLessThanOrEqual(300)
        })
        .does(async ({ terminal }) => {
          const before = terminal.bytes
          terminal.wire.input('j')
          await terminal.wire.quiet()
          expect(terminal.bytes - before).toBeLessThanOrEqual(600)
        }),
  )
})
