// `node test/libvirt/rpc/record.ts`: records the conversation with a real libvirtd anew into recorded.json (root).
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { Duplex } from 'node:stream'
import { converse } from './conversation.ts'
import { startLibvirtd } from './libvirtd.ts'

await using libvirtd = await startLibvirtd()
const socket = connect(libvirtd.socket)
/** What the server sent after each thing the client sent. */
const turns: { client: string; server: string }[] = []
const recorded = new Duplex({
  read: () => undefined,
  write(chunk: Buffer, _encoding, done) {
    turns.push({ client: chunk.toString('hex'), server: '' })
    socket.write(chunk, done)
  },
})
socket.on('data', chunk => {
  const turn = turns.at(-1)
  if (turn !== undefined) turn.server += chunk.toString('hex')
  recorded.push(chunk)
})
console.log(await converse(recorded))
writeFileSync(new URL('recorded.json', import.meta.url), `${JSON.stringify(turns, null, 1)}\n`)
socket.destroy()
