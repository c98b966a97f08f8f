import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Painter } from '../../components/painter.ts'
import { Output } from './language/in-process.ts'
import type { Wire } from './language/terminal.ts'
import { Terminal } from './language/terminal.ts'

const COLUMNS = 24
const ROWS = 5

const nowhere: Wire = {
  onOutput: () => {},
  input: () => {},
  resize: () => {},
  quiet: async () => {},
  close: async () => {},
}

function stage(answers = false) {
  const output = new Output(COLUMNS, ROWS)
  const painter = new Painter(output, { answers })
  const wire: Wire = {
    onOutput: take => output.onOutput(take),
    // eslint-disable-next-line no-control-regex -- the answer to "has all come through?"
    input: bytes => /^\u001b\[0n$/.test(bytes) && painter.answered(),
    resize: () => {},
    quiet: async () => {},
    close: async () => {},
  }
  return { output, painter, terminal: new Terminal(wire, COLUMNS, ROWS) }
}

const piece = fc.tuple(
  fc.constantFrom(
    '',
    '\u001b[1m',
    '\u001b[31m',
    '\u001b[7m',
    '\u001b[38;5;208m',
    '\u001b[2m\u001b[36m',
  ),
  fc.constantFrom('quark', '  ', '● up', '日本', '█▌░', 'é', '12 s', '     ', 'x', '👩‍🚀'),
)
const lineOf = fc.array(piece, { maxLength: 4 }).map(pieces =>
  pieces
    .map(([open, text]) => `${open}${text}${open === '' ? '' : '\u001b[0m'}`)
    .join('')
    .trimEnd(),
)
const frameOf = fc
  .array(lineOf, { minLength: ROWS, maxLength: ROWS })
  .map(lines => lines.join('\n'))

/** What stands on a terminal: every cell with its look, but the colour of blanks, which nobody sees. */
function cells(terminal: Terminal): unknown[] {
  return Array.from({ length: ROWS * COLUMNS }, (_, index) => {
    const cell = terminal.cell(Math.floor(index / COLUMNS), index % COLUMNS)
    return cell.text.trim() === '' ? [' ', cell.isInverse] : cell
  })
}

describe('the painter', () => {
  test('after any frames the terminal shows the last as if it were the only one', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(frameOf, { minLength: 1, maxLength: 5 }), async frames => {
        const stepwise = stage()
        for (const frame of frames) stepwise.painter.write(frame)
        const atOnce = stage()
        atOnce.painter.write(frames.at(-1) ?? '')
        await stepwise.terminal.read()
        await atOnce.terminal.read()
        expect(cells(stepwise.terminal)).toEqual(cells(atOnce.terminal))
        stepwise.terminal.dispose()
        atOnce.terminal.dispose()
      }),
      { numRuns: 150 },
    )
  })

  test('a list that moved is moved, at a price that does not depend on its length', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 12 })), {
          minLength: 1,
          maxLength: 6,
        }),
        async tops => {
          const tall = 20
          const output = new Output(COLUMNS, tall)
          const painter = new Painter(output)
          const terminal = new Terminal(
            { ...nowhere, onOutput: take => output.onOutput(take) },
            COLUMNS,
            tall,
          )
          for (const [top, selected] of tops) {
            const rows = Array.from(
              { length: 14 },
              (_, index) =>
                `${index === selected ? '>' : ' '} vm${top + index} \u001b[32mup\u001b[0m`,
            )
            const frame = ['head', '', ...rows, '', 'foot'].join('\n')
            painter.write(frame)
            await terminal.read()
            // eslint-disable-next-line no-control-regex -- colours are not text
            expect(terminal.text().trimEnd()).toBe(frame.replace(/\u001b\[\d+m/g, ''))
          }
          terminal.dispose()
        },
      ),
      { numRuns: 100 },
    )
    const output = new Output(80, 50)
    const painter = new Painter(output)
    let bytes = 0
    output.onOutput(text => {
      bytes += text.length
    })
    const list = (top: number) =>
      Array.from(
        { length: 48 },
        (_, index) => `vm${top + index} ${'x'.repeat(60)}${(top + index) * 7919}`,
      )
    painter.write(['head', ...list(0), 'foot'].join('\n'))
    const before = bytes
    painter.write(['head', ...list(1), 'foot'].join('\n'))
    expect(bytes - before).toBeLessThan(150)
  })

  test('one changed cell costs a few bytes, nothing changed costs none', async () => {
    const { painter, terminal } = stage()
    painter.write('HWM 3 up 3\nquark    up\nsnailin  up')
    const before = terminal.bytes
    painter.write('HWM 3 up 3\nquark    up\nsnailin  up')
    expect(terminal.bytes).toBe(before)
    painter.write('HWM 3 up 2\nquark    up\nsnailin  up')
    expect(terminal.bytes - before).toBeLessThanOrEqual(10)
    await terminal.read()
    expect(terminal.lines()[0]).toBe('HWM 3 up 2')
    terminal.dispose()
  })

  test('after something else wrote on the screen, all is written again', async () => {
    const { painter, terminal, output } = stage()
    painter.write('one\ntwo')
    output.write('\u001b[HBROADCAST MESSAGE')
    painter.invalidate()
    painter.write('one\ntwo')
    await terminal.read()
    expect(terminal.text().trim()).toBe('one\ntwo')
    terminal.dispose()
  })

  test('it is full while bytes have not left, and tells when they have', () => {
    const { painter, output, terminal } = stage()
    expect(painter.isFull()).toBe(false)
    output.writableLength = 10_000
    expect(painter.isFull()).toBe(true)
    let told = 0
    painter.whenFree(() => told++)
    output.emit('drain')
    expect(told).toBe(0)
    output.writableLength = 0
    output.emit('drain')
    output.emit('drain')
    expect(told).toBe(1)
    terminal.dispose()
  })

  test('on a line that answers, it is full until what was written has come through', async () => {
    const { painter, terminal } = stage(true)
    for (let frame = 0; frame < 120; frame++) {
      painter.write(
        Array.from({ length: ROWS }, () => 'abc'[frame % 3]?.repeat(COLUMNS)).join('\n'),
      )
    }
    expect(painter.isFull()).toBe(true)
    expect(painter.awaitsAnswer).toBe(true)
    await terminal.read()
    expect(painter.isFull()).toBe(false)
    expect(painter.awaitsAnswer).toBe(false)
    terminal.dispose()
  })

  test('a terminal that never answers does not hold anything up for ever', () => {
    const output = new Output(COLUMNS, ROWS)
    const painter = new Painter(output, { answers: true })
    for (let frame = 0; frame < 120; frame++) {
      painter.write(
        Array.from({ length: ROWS }, () => 'abc'[frame % 3]?.repeat(COLUMNS)).join('\n'),
      )
    }
    expect(painter.isFull()).toBe(true)
    painter.giveUpOnAnswers()
    expect(painter.isFull()).toBe(false)
  })
})
