import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { connectTcp } from '../../../src/libvirt/ssh/tcp.ts'
import { dumbListener } from './peer.ts'

test('small writes are sent at once, whatever is not yet acknowledged', async () => {
  await using listener = await dumbListener()
  const at = { host: '127.0.0.1', port: listener.port, family: 4, localAddress: undefined } as const
  const socket = await connectTcp(at, AbortSignal.timeout(5_000))
  // Node cannot ask the kernel; perl, which Debian and git have, is given the socket as its standard input.
  const script =
    'use Socket qw(:all); print unpack("i", getsockopt(STDIN, IPPROTO_TCP, TCP_NODELAY))'
  const perl = spawn('perl', ['-e', script], { stdio: [socket, 'pipe', 'inherit'] })
  const [said] = await Promise.all([text(perl.stdout), once(perl, 'exit')])
  expect(said).toBe('1')
  socket.destroy()
})
