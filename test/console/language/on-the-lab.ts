// The console on a lab's hosts, in a pty over real SSH: keys in, cells out, in real time.
import { expect } from 'vitest'
import type { Lab } from '../../lab/index.ts'
import { bytesOf } from './keys.ts'
import { OverSsh } from './over-ssh.ts'
import { Terminal } from './terminal.ts'

const BIN = new URL('../../../bin/yasco', import.meta.url).pathname

/** The console that an operator who has logged in to andreys has before them. */
export class LabConsole {
  readonly #terminal: Terminal
  readonly #wire: OverSsh

  private constructor(wire: OverSsh, terminal: Terminal) {
    this.#wire = wire
    this.#terminal = terminal
  }

  static async open(lab: Lab, size = { columns: 110, rows: 30 }): Promise<LabConsole> {
    const socket = await lab.dial('andreys', 22)
    const command = `YASCO_CONFIG=${lab.clusterFile} LANG=C.UTF-8 ${BIN}`
    const wire = await OverSsh.open(socket, lab.layout.ssh.key, command, size)
    const opened = new LabConsole(wire, new Terminal(wire, size.columns, size.rows))
    await opened.sees(/HWM \d+ up|DOWN/)
    return opened
  }

  async press(...keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      this.#wire.input(bytesOf(key))
      await this.#wire.quiet()
    }
  }

  async type(text: string): Promise<void> {
    this.#wire.input(text)
    await this.#wire.quiet()
  }

  async sees(wanted: RegExp, limitMs = 30_000): Promise<void> {
    await expect
      .poll(() => this.#terminal.read().then(() => this.#terminal.text()), {
        timeout: limitMs,
        interval: 50,
      })
      .toMatch(wanted)
  }

  /** Goes on to the question, and waits until it hears keys. */
  async question(): Promise<void> {
    await this.press('enter')
    await this.sees(/Carry this out\?/)
    await this.hears()
  }

  async hears(): Promise<void> {
    await this.sees(/> Cancel(?!.*keys are dead)/)
  }

  lineDrops(): void {
    this.#wire.cut()
  }

  get ended(): Promise<number | undefined> {
    return this.#wire.ended
  }
}

/** The processes of consoles on andreys: screens, or their engines. */
export function programs(lab: Lab, which: 'screen' | 'engine') {
  return lab
    .host('andreys')
    .processes()
    .filter(({ words }) => words.some(word => word.endsWith('yasco.mjs')))
    .filter(({ words }) => words.includes('engine') === (which === 'engine'))
}
