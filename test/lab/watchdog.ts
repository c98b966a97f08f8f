// The hardware watchdogs of a lab's hosts, all in one process outside of them. What a host sees as its watchdog device is a
// FIFO: the first byte arms it, every further one is a kick, `V` disarms it (the magic close of Linux's watchdogs), and
// when none came for the timeout the host loses its power. Its argument is the lab's name.
import { constants, openSync } from 'node:fs'
import { Socket } from 'node:net'
import type { LabHost } from './host.ts'
import { defaultLabName, Lab } from './index.ts'
import type { ProcessId } from './processes.ts'
import { isAlive } from './processes.ts'

function say(host: LabHost, what: string): void {
  console.log(`${new Date().toISOString()} ${host.name}: ${what}`)
}

function guard(host: LabHost, timeoutMs: number, reboots: boolean): void {
  /** The boot that armed it: a host that died otherwise and booted again starts with its watchdog at rest. */
  let armedBy: ProcessId | undefined
  let timer: NodeJS.Timeout | undefined

  async function fire(): Promise<void> {
    const victim = armedBy
    armedBy = undefined
    if (!victim || !isAlive(victim)) return
    say(host, `not kicked for ${timeoutMs} ms: reset`)
    await host.kill()
    if (reboots) await host.start()
  }

  // Opened for both directions, so that it neither waits for a writer nor ends with one.
  const fd = openSync(host.layout.watchdogFifo, constants.O_RDWR | constants.O_NONBLOCK)
  new Socket({ fd, readable: true, writable: false }).on('data', bytes => {
    clearTimeout(timer)
    if (bytes.at(-1) === 'V'.charCodeAt(0)) {
      say(host, 'disarmed')
      armedBy = undefined
      return
    }
    if (!host.isUp()) return
    if (!armedBy) say(host, 'armed')
    armedBy = host.firstProcess()
    timer = setTimeout(() => {
      fire().catch((error: unknown) => console.error(`${host.name}:`, error))
    }, timeoutMs)
  })
}

const lab = Lab.attach(process.argv[2] ?? defaultLabName)
for (const host of lab.hosts) {
  const { watchdog } = host.layout
  if (watchdog) guard(host, watchdog.timeout * 1000, watchdog.reboots)
}
console.log('ready')
