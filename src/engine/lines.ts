// Messages over a stream, one JSON value a line: both ends of the engine's protocol read and write with this.
import { StringDecoder } from 'node:string_decoder'
import type { Duplex, Readable } from 'node:stream'

/** Far above the first patch of 1 000 HWMs and 10 000 VMs (about 10 MB); a line beyond it is no message of ours. */
export const LONGEST_LINE = 256 * 1024 * 1024

/** What came over the stream is not the engine's protocol. */
export class BadMessage extends Error {
  override readonly name = 'BadMessage'
}

/**
 * Calls `receive` for every line of `stream`, parsed. A line that is no JSON, or has no end, is told to `fail` and nothing
 * more is read: after it the two ends no longer agree on anything.
 */
export function readMessages(
  stream: Readable,
  receive: (message: unknown) => void,
  fail: (problem: BadMessage) => void,
): void {
  const decoder = new StringDecoder('utf8')
  // Pieces of the line that is not complete yet: joined once, so that a line of 10 MB is not copied for every chunk.
  let pieces: string[] = []
  let length = 0
  const give = (line: string): boolean => {
    let message: unknown
    try {
      message = JSON.parse(line)
    } catch (error) {
      stream.off('data', read)
      fail(new BadMessage(`a line that is not JSON: ${line.slice(0, 80)}`, { cause: error }))
      return false
    }
    receive(message)
    return true
  }
  const read = (chunk: Buffer) => {
    const text = decoder.write(chunk)
    let from = 0
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      pieces.push(text.slice(from, end))
      const line = pieces.length === 1 ? (pieces[0] ?? '') : pieces.join('')
      pieces = []
      length = 0
      from = end + 1
      if (line !== '' && !give(line)) return
    }
    if (from === text.length) return
    pieces.push(from === 0 ? text : text.slice(from))
    length += text.length - from
    if (length <= LONGEST_LINE) return
    stream.off('data', read)
    fail(new BadMessage(`a line of more than ${LONGEST_LINE} characters`))
  }
  stream.on('data', read)
}

/** Writes one message. A stream that is over swallows it: its end is told by its own events. */
export function writeMessage(stream: Duplex, message: unknown): void {
  if (stream.destroyed || stream.writableEnded) return
  stream.write(`${JSON.stringify(message)}\n`)
}
