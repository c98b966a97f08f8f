import { afterAll, beforeAll, expect, test } from 'vitest'
import { Lab } from '../lab/index.ts'
import { Yasco } from '../operations/yasco.ts'
import { OverSsh } from './language/over-ssh.ts'
import { bytesOf } from './language/keys.ts'
import { Terminal } from './language/terminal.ts'

// The bundled program over real SSH on a real cluster: an operator logs in to andreys and opens the console there; a host dies.

const BIN = new URL('../../bin/yasco', import.meta.url).pathname
let lab: Lab

beforeAll(async () => {
  lab = await Lab.up({ name: 'console-ssh' })
  await new Yasco(lab).begin()
})
afterAll(async () => {
  await lab?.down()
})

async function opened(
  size = { columns: 80, rows: 24 },
): Promise<{ terminal: Terminal; wire: OverSsh }> {
  const socket = await lab.dial('andreys', 22)
  const command = `YASCO_CONFIG=${lab.clusterFile} LANG=C.UTF-8 ${BIN}`
  const wire = await OverSsh.open(socket, lab.layout.ssh.key, command, size)
  return { wire, terminal: new Terminal(wire, size.columns, size.rows) }
}

async function until(terminal: Terminal, wanted: RegExp, limitMs = 20_000): Promise<void> {
  await expect
    .poll(() => terminal.read().then(() => terminal.text()), { timeout: limitMs, interval: 50 })
    .toMatch(wanted)
}

test('the console shows the real cluster, and a host that dies as DOWN with its age and reason', async () => {
  const { terminal, wire } = await opened()
  await until(terminal, /HWM 3 up 3/)
  await until(terminal, /VM 7 running 7/)
  await until(terminal, /etcd 3\/3/)
  expect(terminal.isAlternateScreen).toBe(true)
  // Nothing the terminal was asked has been echoed into the picture.
  expect(terminal.lines().at(-1)).toMatch(/\? help\s*$/)
  await lab.host('quark').kill()
  await until(terminal, /quark +DOWN .*\d+ s +\S+/, 25_000)
  await until(terminal, /HWM 3 up 2 DOWN 1/)
  await until(terminal, /etcd 2\/3/)
  await until(terminal, /waiting 2/)
  wire.input(bytesOf('2'))
  await until(terminal, /win7-vmm2 .*waiting/)
  await lab.host('quark').start()
  wire.input(bytesOf('1'))
  await until(terminal, /HWM 3 up 3/, 40_000)
  wire.input(bytesOf('q'))
  expect(await wire.ended).toBe(0)
  await terminal.read()
  expect(terminal.isAlternateScreen).toBe(false)
})

test('a line that drops leaves nothing behind: screen and engine end by themselves', async () => {
  const { terminal, wire } = await opened({ columns: 160, rows: 50 })
  await until(terminal, /HWM 3 up 3/)
  const programs = () =>
    lab
      .host('andreys')
      .processes()
      .filter(each => each.words.some(word => word.endsWith('yasco.mjs')))
  expect(programs().length).toBe(2)
  wire.cut()
  await expect.poll(programs, { timeout: 20_000, interval: 100 }).toEqual([])
})
