// Runs inside a namespace of the lab as a child of a test: opens connections there and hands them, whole, to its parent. A
// socket keeps the network it was opened in, so the parent then talks to the lab directly, with nothing in between.
import { connect } from 'node:net'
import type { DialAnswer, DialRequest } from './dialer.ts'

function answer(message: DialAnswer, socket?: ReturnType<typeof connect>): void {
  // The parent may have ended meanwhile; then so do we, by 'disconnect'.
  process.send?.(message, socket, {}, () => undefined)
}

process.on('message', ({ id, host, port, timeoutMs }: DialRequest) => {
  const socket = connect({ host, port })
  // Not a byte may be read here: what the other side says first belongs to the parent.
  socket.pause()
  socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`no answer in ${timeoutMs} ms`)))
  socket.once('connect', () => {
    socket.setTimeout(0)
    answer({ id }, socket)
  })
  socket.once('error', (error: NodeJS.ErrnoException) =>
    answer({ id, error: error.message, code: error.code }),
  )
})
process.on('disconnect', () => process.exit())
