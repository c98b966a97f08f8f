import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { clean, cut, fit, naturalKey, shorten, widthOf, wrap } from '../../src/console/text.ts'
import { fitLine, fitSegments, lineText, lineWidth, span } from '../../src/console/line.ts'

const anyText = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    'quark',
    '日本語サーバ',
    'веб-сервер',
    '👨‍👩‍👧‍👦 family',
    'a\u0301e\u0301',
    '\u001b[31mred\u001b[m',
  ),
)

describe('text in cells', () => {
  test('a fitted text is exactly as wide as its place, whatever it is', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 0, max: 60 }), (text, width) => {
        expect(widthOf(fit(clean(text), width))).toBe(width)
        expect(widthOf(shorten(clean(text), width))).toBeLessThanOrEqual(width)
      }),
    )
  })

  test('nothing that a terminal would obey is left in a clean text', () => {
    fc.assert(
      fc.property(anyText, text => {
        // eslint-disable-next-line no-control-regex -- these are what must be gone
        expect(clean(text)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/)
      }),
    )
    expect(clean('vm\u001b[2J')).toBe('vm?[2J')
  })

  test('wide characters are not halved', () => {
    expect(cut('日本', 3)).toBe('日')
    expect(fit('日本', 3)).toBe('日…')
  })

  test('lines of a wrapped text fit, and nothing but blanks is lost', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme-ascii', maxLength: 30 })),
        fc.integer({ min: 1, max: 40 }),
        (words, width) => {
          const text = words.join(' ')
          const lines = wrap(text, width)
          for (const each of lines) expect(widthOf(each)).toBeLessThanOrEqual(width)
          expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''))
        },
      ),
    )
  })

  test('names sort as people count', () => {
    const names = ['web10', 'web2', 'Web1', 'db']
    expect(names.sort((a, b) => (naturalKey(a) < naturalKey(b) ? -1 : 1))).toEqual([
      'db',
      'Web1',
      'web2',
      'web10',
    ])
  })
})

describe('lines', () => {
  test('a fitted line is exactly as wide as its place', () => {
    fc.assert(
      fc.property(
        fc.array(anyText, { maxLength: 6 }),
        fc.integer({ min: 1, max: 80 }),
        (texts, width) => {
          expect(
            lineWidth(
              fitLine(
                texts.map(text => span(text)),
                width,
              ),
            ),
          ).toBe(width)
        },
      ),
    )
  })

  test('what is cut off is shown by an ellipsis, also when the cut is between two pieces', () => {
    expect(lineText(fitLine([span('abc'), span('def')], 4))).toBe('abc…')
    expect(lineText(fitLine([span('abc'), span('def')], 3))).toBe('ab…')
    expect(lineText(fitLine([span('abc'), span('')], 3))).toBe('abc')
  })

  test('segments of low priority go first, those that stay keep their order', () => {
    const segments = [
      { line: [span('aaaa')], priority: 3 },
      { line: [span('bbbb')], priority: 1 },
      { line: [span('cccc')], priority: 2 },
    ]
    expect(lineText(fitSegments(segments, 20, 2))).toBe('aaaa  bbbb  cccc')
    expect(lineText(fitSegments(segments, 12, 2))).toBe('aaaa  cccc')
    expect(lineText(fitSegments(segments, 2, 2))).toBe('aaaa')
  })
})
