// Messages survive any cutting of the stream; what is no message ends the reading.
import { PassThrough } from 'node:stream'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { readMessages } from '../../src/engine/lines.ts'
import { settle } from './screens.ts'

function reading() {
  const stream = new PassThrough()
  const messages: unknown[] = []
  const problems: string[] = []
  readMessages(
    stream,
    message => messages.push(message),
    problem => problems.push(problem.message),
  )
  return { stream, messages, problems }
}

test('whatever the pieces, the messages are the same', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.jsonValue(), { maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 50 }),
      async (values, sizes) => {
        const { stream, messages, problems } = reading()
        const bytes = Buffer.from(values.map(value => `${JSON.stringify(value)}\n`).join(''))
        for (let at = 0, piece = 0; at < bytes.length; piece++) {
          const size = sizes[piece % sizes.length] ?? 1
          stream.write(bytes.subarray(at, at + size))
          at += size
        }
        await settle()
        expect(messages).toEqual(JSON.parse(JSON.stringify(values)))
        expect(problems).toEqual([])
      },
    ),
    { numRuns: 60 },
  )
})

test('after a line that is no JSON nothing more is read', async () => {
  const { stream, messages, problems } = reading()
  stream.write('{"a":1}\nrubbish\n{"b":2}\n')
  stream.write('{"c":3}\n')
  await settle()
  expect(messages).toEqual([{ a: 1 }])
  expect(problems).toEqual(['a line that is not JSON: rubbish'])
})
