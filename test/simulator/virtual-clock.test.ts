// Made-up time passes in order, and lets everything settle between two instants.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { pause } from '../../src/model/clock.ts'
import { VirtualClock } from '../../src/simulator/virtual-clock.ts'

test('timers run in order of time, those of one instant in the order they were set', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 30 })), async delays => {
      const clock = new VirtualClock(100)
      const ran: [number, number][] = []
      for (const [order, ms] of delays.entries())
        clock.after(ms, () => {
          expect(clock.now()).toBe(100 + ms)
          ran.push([ms, order])
        })
      await clock.advance(30)
      expect(ran).toEqual(ran.toSorted((a, b) => a[0] - b[0] || a[1] - b[1]))
      expect(ran).toHaveLength(delays.length)
      expect(clock.now()).toBe(130)
    }),
  )
})

test('a disposed timer does not run', async () => {
  const clock = new VirtualClock()
  let ran = false
  const timer = clock.after(5, () => {
    ran = true
  })
  timer[Symbol.dispose]()
  await clock.advance(10)
  expect(ran).toBe(false)
})

test('what waits in a loop gets its turns', async () => {
  const clock = new VirtualClock()
  const times: number[] = []
  const loop = async () => {
    for (let round = 0; round < 4; round++) {
      await pause(clock, 10)
      await Promise.resolve()
      times.push(clock.now())
    }
  }
  void loop()
  await clock.advance(35)
  expect(times).toEqual([10, 20, 30])
})

test('a pause ends with its signal', async () => {
  const clock = new VirtualClock()
  const abort = new AbortController()
  const reason = new Error('enough')
  const paused = pause(clock, 10, abort.signal)
  abort.abort(reason)
  await expect(paused).rejects.toBe(reason)
  await expect(pause(clock, 10, abort.signal)).rejects.toBe(reason)
})
