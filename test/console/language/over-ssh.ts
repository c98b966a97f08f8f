// The whole program at the far end of a real SSH connection, in the pty that sshd makes: as an operator opens it at 3 a.m.
import type { Socket } from 'node:net'
import ssh2 from 'ssh2'
import { readFileSync } from 'node:fs'
import type { Wire } from './terminal.ts'

/** Nothing written for so long: the program is done with what it was given. A wire with real time in it can know no better. */
const SILENCE_MS = 150

export class OverSsh implements Wire {
  readonly ended: Promise<number | undefined>
  readonly #client: ssh2.Client
  readonly #channel: ssh2.ClientChannel
  #lastOutput = performance.now()
  #take: (text: string) => void = () => undefined

  private constructor(client: ssh2.Client, channel: ssh2.ClientChannel) {
    this.#client = client
    this.#channel = channel
    channel.on('data', (chunk: Buffer) => {
      this.#lastOutput = performance.now()
      this.#take(chunk.toString('utf8'))
    })
    this.ended = new Promise(resolve => {
      let status: number | undefined
      channel.on('exit', (code: number | null) => (status = code ?? undefined))
      channel.on('close', () => resolve(status))
      client.on('close', () => resolve(status))
    })
  }

  /** `socket` leads to an sshd. Runs `command` in a pty of that size. */
  static open(
    socket: Socket,
    keyFile: string,
    command: string,
    size: { readonly columns: number; readonly rows: number },
  ): Promise<OverSsh> {
    return new Promise((resolve, reject) => {
      const client = new ssh2.Client()
      client.on('error', reject)
      client.on('ready', () => {
        client.setNoDelay(true)
        const pty = { cols: size.columns, rows: size.rows, term: 'xterm-256color' }
        client.exec(command, { pty }, (error, channel) => {
          if (error) reject(error)
          else resolve(new OverSsh(client, channel))
        })
      })
      // Whose key it is, other tests ask; here the lab's own sshd is at the end of the lab's own socket.
      client.connect({
        sock: socket,
        username: 'root',
        privateKey: readFileSync(keyFile),
        hostVerifier: () => true,
      })
    })
  }

  onOutput(take: (text: string) => void): void {
    this.#take = take
  }

  input(bytes: string): void {
    this.#channel.write(bytes)
  }

  resize(columns: number, rows: number): void {
    this.#channel.setWindow(rows, columns, 0, 0)
  }

  async quiet(): Promise<void> {
    const silent = () => performance.now() - this.#lastOutput >= SILENCE_MS
    while (!silent()) await new Promise(resolve => setTimeout(resolve, 20))
  }

  /** As a line that drops: the program is not asked. */
  cut(): void {
    this.#client.destroy()
  }

  close(): Promise<void> {
    this.#client.end()
    return Promise.resolve()
  }
}
