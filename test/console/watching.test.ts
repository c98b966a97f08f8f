// Two consoles, each with an engine of its own: bert watches what anna has begun. Her line drops in the middle; her engine goes on, and he
// sees that at once and to the end.
import { test } from 'vitest'
import { InProcess } from './language/in-process.ts'
import { neverTwice, onLiving } from './language/living.ts'
import type { Scene } from './language/story.ts'
import { Terminal } from './language/terminal.ts'

/** anna's console, beside that of the story. */
class Anna {
  #terminal: Terminal | undefined
  #program: InProcess | undefined

  readonly opens = async ({ live, clock }: Scene): Promise<void> => {
    const size = { columns: 100, rows: 30 }
    const end = { connect: () => live!.connect({ who: 'anna' }) }
    this.#program = new InProcess(end, clock, size, {
      env: { TERM: 'xterm-256color', LANG: 'C.UTF-8' },
    })
    this.#terminal = new Terminal(this.#program, size.columns, size.rows)
  }

  /** Types, and waits until her own screen shows what comes of it. */
  readonly does =
    (keys: string, wanted: string) =>
    async ({ clock }: Scene): Promise<void> => {
      const terminal = this.#terminal!
      if (keys !== '') terminal.wire.input(keys)
      for (let passed = 0; passed < 60_000; passed += 100) {
        await terminal.wire.quiet()
        await terminal.read()
        if (terminal.text().includes(wanted)) return
        clock.pass(100)
      }
      throw new Error(`anna does not see ${wanted}:\n${terminal.text()}`)
    }

  readonly lineDrops = async (): Promise<void> => {
    this.#program!.keys.end()
    const { reason } = await this.#program!.ended
    if (reason !== 'hangup') throw new Error(`her console ended by ${reason}`)
    this.#terminal!.dispose()
  }
}

test('what anna began is seen by bert at once, with its progress; when her line drops he sees it to its end', () => {
  const anna = new Anna()
  return (
    onLiving('100x30')
      .does(anna.opens)
      .does(anna.does('', 'HWM 3 up 3'))
      .does(anna.does(':evacuate snailin\r', 'Evacuate snailin: 2 VMs move live'))
      .does(anna.does('-', '1 at once per HWM'))
      .does(anna.does('\r', 'Carry this out?'))
      .after('1 s')
      .does(anna.does('snailin', 'snailin'))
      .does(anna.does('\r', 'Operation 1 running'))
      // bert has done nothing but look.
      .lives('OPERATION RUNNING 1: 0/2', '1 s')
      .sees(/snailin +EVACUATING 0\/2/)
      .press('5')
      .sees(/1 +evacuate snailin +RUNNING/)
      .press('enter')
      .lives(/copying .* of /)
      .sees('anna')
      .does(anna.lineDrops)
      .stillSees('conducted by anna')
      .lives('1 of 2 done', '2 min')
      .doesNotSee('ABANDONED')
      .doesNotSee('nobody conducts it')
      .lives('Operation 1 done', '2 min')
      .sees('2 of 2 done')
      .press('6')
      .sees('test: moved')
      .does(neverTwice)
  )
})
