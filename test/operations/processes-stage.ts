// What tests of the shell that looks for processes stand on: real processes, and this machine's own shell behind SSH.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { afterEach } from 'vitest'
import { Processes } from '../../src/operations/processes.ts'
import { quark, stage } from '../libvirt/ssh/stage.ts'

export const LIMITS = { timeoutMs: 5_000 }
const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

/** A process that has a uuid as a word of its command line, as QEMU has. */
export async function running(uuid: string): Promise<ChildProcess> {
  const child = spawn('/bin/sh', ['-c', 'echo up; read -r _', 'guest', uuid])
  children.push(child)
  await once(child.stdout, 'data')
  return child
}

/** What looks on a host whose shell is this machine's own; `wrap` has the command run in another way. */
export async function looking(wrap = (command: string) => `exec ${command}`): Promise<Processes> {
  const { stack, peer, connections } = await stage()
  peer.onCommand = (command, channel) => {
    const shell = spawn('/bin/sh', ['-c', wrap(command)], {
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    children.push(shell)
    // What is written to a shell that has ended is lost, as at sshd: who asked hears it by the end of the channel.
    shell.stdin.on('error', () => channel.end())
    channel.pipe(shell.stdin)
    shell.stdout.pipe(channel)
  }
  return stack.use(new Processes('quark', quark, connections))
}
