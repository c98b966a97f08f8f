// Cables that are bad in one direction or lose packets, and a network that falls apart.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LinkFaultUnsupported } from './errors.ts'
import { Lab } from './index.ts'
import { until } from './processes.ts'

let lab: Lab
beforeAll(async () => {
  lab = await Lab.up({ name: 'test-network', hosts: { hosts: { a: {}, b: {}, c: {} } } })
})
afterAll(() => lab?.down())

/** Whether a connection from one host to another's sshd comes about; a good one takes a few ms. */
async function reaches(from: string, to: string): Promise<boolean> {
  const connect = `require('net').connect(22, '${lab.host(to).address}', () => process.exit(0))
    setTimeout(() => process.exit(1), 700)`
  const tried = await lab.host(from).attempt([process.execPath, '-e', connect])
  return tried.status === 0
}

async function reachability(): Promise<Record<string, boolean>> {
  const pairs = ['a b', 'b a', 'a c', 'b c'].map(pair => pair.split(' ') as [string, string])
  const found = await Promise.all(
    pairs.map(async ([from, to]) => [`${from} ${to}`, await reaches(from, to)] as const),
  )
  return Object.fromEntries(found)
}

/** What was cut off may have noted that a neighbour does not answer; that is forgotten within a second or so. */
async function untilWhole(): Promise<void> {
  await until('the network to be whole', async () =>
    Object.values(await reachability()).every(Boolean),
  )
}

test('a mute host hears and is not heard, a deaf one is heard and does not hear', async () => {
  const whole = { 'a b': true, 'b a': true, 'a c': true, 'b c': true }
  expect(await reachability()).toEqual(whole)
  // Ten datagrams each way: unlike a connection, they need no answer.
  const heard = async (from: string, to: string) => {
    const listen = `const s = require('dgram').createSocket('udp4'); let n = 0
      s.on('message', () => { if (++n === 10) process.exit(0) }); s.bind(7777, () => console.log('ready'))
      setTimeout(() => process.exit(1), 1500)`
    const send = `const s = require('dgram').createSocket('udp4'); let n = 0
      const i = setInterval(() => { s.send('x', 7777, '${lab.host(to).address}'); if (++n === 40) process.exit(0) }, 20)`
    const listener = lab
      .host(to)
      .spawn([process.execPath, '-e', listen], { stdio: ['ignore', 'pipe', 'inherit'] })
    const exit = new Promise<number | null>(resolve => listener.once('exit', resolve))
    await new Promise(resolve => listener.stdout?.once('data', resolve))
    await lab.host(from).run([process.execPath, '-e', send])
    return (await exit) === 0
  }
  await lab.host('a').setLink({ mute: true })
  expect(await heard('b', 'a')).toBe(true)
  expect(await heard('a', 'b')).toBe(false)
  expect(await reachability()).toEqual({ ...whole, 'a b': false, 'b a': false, 'a c': false })
  await lab.host('a').setLink({ deaf: true })
  expect(await heard('b', 'a')).toBe(false)
  expect(await heard('a', 'b')).toBe(true)
  await lab.host('a').setLink({})
  await untilWhole()
})

test('a split network stays split for a host that boots again, until it is whole', async () => {
  await lab.partition(['a', 'b'], ['c', 'operator'])
  expect(await reachability()).toEqual({ 'a b': true, 'b a': true, 'a c': false, 'b c': false })
  await lab.host('a').kill()
  await lab.host('a').start()
  expect(await reachability()).toEqual({ 'a b': true, 'b a': true, 'a c': false, 'b c': false })
  await lab.dial('c', 22, 500).then(socket => socket.destroy())
  await lab.partition()
  await untilWhole()
})

test('a lossy cable loses some packets, not all', async () => {
  await lab.host('a').setLink({ lossPercent: 40 })
  const program = `const s = require('dgram').createSocket('udp4'); let n = 0
    s.on('message', () => n++); s.bind(7778, () => console.log('ready'))
    process.stdin.on('end', () => { console.log(n); process.exit() }).resume()`
  const listener = lab
    .host('b')
    .spawn([process.execPath, '-e', program], { stdio: ['pipe', 'pipe', 'inherit'] })
  const said: string[] = []
  listener.stdout?.on('data', chunk => said.push(String(chunk)))
  await until('the listener', () => said.length > 0)
  const send = `const s = require('dgram').createSocket('udp4'); let n = 0
    const i = setInterval(() => { s.send('x', 7778, '${lab.host('b').address}'); if (++n === 300) { clearInterval(i); s.close() } }, 2)`
  await lab.host('a').run([process.execPath, '-e', send])
  listener.stdin?.end()
  await until('the count', () => said.join('').split('\n').length > 2)
  const arrived = Number(said.join('').split('\n')[1])
  // 300 packets at 60 %: 180, standard deviation 8.5.
  expect(arrived).toBeGreaterThan(120)
  expect(arrived).toBeLessThan(240)
  await lab.host('a').setLink({})
})

test('a slow cable is slow, or is refused where the kernel has no netem', async () => {
  const failure = await lab
    .host('a')
    .setLink({ delayMs: 100 })
    .then(
      () => undefined,
      (error: unknown) => error,
    )
  if (failure === undefined) {
    const began = performance.now()
    expect(await reaches('a', 'b')).toBe(true)
    expect(performance.now() - began).toBeGreaterThan(200)
  } else {
    expect(failure).toBeInstanceOf(LinkFaultUnsupported)
  }
  await lab.host('a').setLink({})
})
