// The proofs of several HWMs at once: nothing acts while anything stands against one of them; devices before words; what is off is told.
import { expect, test } from 'vitest'
import { MemoryEtcd } from '../../src/etcd/memory.ts'
import type { FenceDevicePort } from '../../src/fencing/device.ts'
import { HypervisorUnreachable } from '../../src/libvirt/errors.ts'
import type { Machine } from '../../src/libvirt/machine.ts'
import type { FenceDevice } from '../../src/model/cluster.ts'
import { Ledger } from '../../src/operations/ledger.ts'
import { OffProofs } from '../../src/operations/prove-off.ts'
import type { Reach } from '../../src/operations/reach.ts'
import { NotCommitted, type OffProof } from '../../src/operations/wanted.ts'
import { VirtualClock } from '../../src/simulator/virtual-clock.ts'
import { threeHosts } from '../console/made-up.ts'

const WORD = { by: 'word', how: 'cable pulled' } as const
const DEVICE = { by: 'device' } as const

/** Three dead HWMs, each with a device; what is done to devices and recorded in etcd, in its order. */
class Rack {
  readonly done: string[] = []
  /** HWMs that answer after all. */
  readonly answering = new Set<string>()
  /** HWMs whose device does not do what it is told. */
  readonly deaf = new Set<string>()
  /** HWMs without a device. */
  readonly bare = new Set<string>()
  /** Happens while a device works. */
  meanwhile: () => Promise<void> = () => Promise.resolve()
  readonly clock = new VirtualClock()
  readonly ledger: Ledger
  readonly #proofs: OffProofs

  private constructor(ledger: Ledger) {
    this.ledger = ledger
    const snapshot = threeHosts()
    const hwms = Object.fromEntries(
      Object.values(snapshot.hwms).map(view => [view.name, { ...view, state: 'down' as const }]),
    )
    const ownMachine = async (hwm: string): Promise<Machine> => {
      if (this.answering.has(hwm))
        return { [Symbol.asyncDispose]: async () => undefined } as Partial<Machine> as Machine
      throw new HypervisorUnreachable(`${hwm}: no route to host`)
    }
    // Shared connections are open since before the HWMs died, and nobody has found out.
    const machine = async () => ({}) as Machine
    this.#proofs = new OffProofs({
      reach: { machine, ownMachine, shell: () => undefined } as Partial<Reach> as Reach,
      clock: this.clock,
      snapshot: () => ({ ...snapshot, hwms }),
      report: ({ what }) => void this.done.push(what),
      devicesOf: async hwm => (this.bare.has(hwm) ? [] : [{ agent: hwm, options: {} }]),
      today: () => '2026-11-22T21:14:00Z',
      openDevice: config => this.#device(config),
    })
  }

  static async begin(): Promise<Rack> {
    const store = new MemoryEtcd().connect()
    const lease = await store.grantLease(10_000)
    return new Rack(new Ledger(store, lease, { who: 'anna', from: 'test', version: 'test' }))
  }

  /** The proofs are had, or the refusal with its lines. */
  async prove(off: Record<string, OffProof>): Promise<readonly string[] | NotCommitted> {
    const hwms = ['quark', 'snailin', 'andreys']
    try {
      const plan = await this.#proofs.examine(hwms, { off }, this.ledger)
      return await this.#proofs.prove(plan, 'rack a', this.ledger)
    } catch (error) {
      if (error instanceof NotCommitted) return error
      throw error
    }
  }

  async proved(): Promise<string[]> {
    const fences = ['quark', 'snailin', 'andreys'].map(async hwm => {
      const kind = (await this.ledger.fenceOf(hwm))?.proof?.kind
      return kind === undefined ? [] : [`${hwm} ${kind}`]
    })
    return (await Promise.all(fences)).flat()
  }

  #device({ agent: hwm }: FenceDevice): FenceDevicePort {
    return {
      label: `bmc ${hwm}`,
      power: async () => 'off',
      on: async () => undefined,
      off: async () => {
        this.done.push(`bmc ${hwm} is told off`)
        await this.meanwhile()
        if (this.deaf.has(hwm)) throw new Error('the cable to the device is cut')
      },
    }
  }
}

test('devices act first, then words are recorded', async () => {
  const rack = await Rack.begin()
  await rack.prove({ quark: WORD, snailin: DEVICE, andreys: DEVICE })
  expect(rack.done.toSorted()).toEqual(
    [
      'bmc snailin is told off',
      'bmc andreys is told off',
      'snailin: off, read back from bmc snailin',
      'andreys: off, read back from bmc andreys',
      "quark: off by the operator's word: cable pulled",
    ].toSorted(),
  )
  expect(rack.done.at(-1)).toBe("quark: off by the operator's word: cable pulled")
  expect(await rack.proved()).toEqual([
    "quark operator's word",
    'snailin power-off read back',
    'andreys power-off read back',
  ])
})

test.each<[string, (rack: Rack) => void, Record<string, OffProof>, string]>([
  [
    'one that is said to be off answers',
    rack => void rack.answering.add('quark'),
    { quark: WORD, snailin: DEVICE, andreys: DEVICE },
    'quark is said to be off, but it answers: its libvirt lets us in',
  ],
  [
    'one has no proof',
    () => undefined,
    { quark: WORD, snailin: DEVICE },
    'andreys is not proved to be off',
  ],
  [
    'one has no device',
    rack => void rack.bare.add('andreys'),
    { quark: WORD, snailin: DEVICE, andreys: DEVICE },
    'andreys could not be switched off',
  ],
])('%s: no device acts, nothing is recorded', async (_, happens, off, why) => {
  const rack = await Rack.begin()
  happens(rack)
  const refused = await rack.prove(off)
  expect(refused).toBeInstanceOf(NotCommitted)
  expect((refused as NotCommitted).message).toContain(why)
  expect(rack.done).toEqual([])
  expect(await rack.proved()).toEqual([])
})

test('all that stands against them is told at once', async () => {
  const rack = await Rack.begin()
  rack.answering.add('quark')
  const refused = await rack.prove({ quark: WORD, snailin: DEVICE })
  expect(refused).toMatchObject({
    message: '2 HWMs are not proved to be off: nothing was done',
    lines: [
      'quark is said to be off, but it answers: its libvirt lets us in',
      expect.stringContaining('andreys is not proved to be off'),
    ],
  })
})

test('a device that breaks in an unforeseen way: the others go on, words are not recorded, and all of it is told', async () => {
  const rack = await Rack.begin()
  rack.deaf.add('snailin')
  const refused = await rack.prove({ quark: WORD, snailin: DEVICE, andreys: DEVICE })
  expect(refused).toMatchObject({
    message: 'snailin could not be switched off',
    lines: [
      'snailin: the cable to the device is cut',
      'andreys is off, read back from bmc andreys: it stays off, and is recorded',
    ],
  })
  expect(await rack.proved()).toEqual(['andreys power-off read back'])
  // The next time, what was proved needs nothing more.
  rack.deaf.clear()
  expect(await rack.prove({ quark: WORD, snailin: DEVICE })).toHaveLength(2)
  expect(await rack.proved()).toHaveLength(3)
})

test('one that answered and died after that is asked again at once', async () => {
  const rack = await Rack.begin()
  rack.answering.add('quark')
  const words = { quark: WORD, snailin: WORD, andreys: WORD }
  expect(await rack.prove(words)).toMatchObject({
    message: 'quark is said to be off, but it answers: its libvirt lets us in',
  })
  rack.answering.clear()
  expect(await rack.prove(words)).toHaveLength(3)
})

test('one that comes back while a device works is not recorded as off by a word', async () => {
  const rack = await Rack.begin()
  rack.meanwhile = () => {
    rack.answering.add('quark')
    // What was heard of it before the devices acted is old by then.
    return rack.clock.advance(31_000)
  }
  const refused = await rack.prove({ quark: WORD, snailin: DEVICE, andreys: WORD })
  expect(refused).toMatchObject({
    message: 'quark is said to be off, but it answers: its libvirt lets us in',
    lines: ['snailin is off, read back from bmc snailin: it stays off, and is recorded'],
  })
  expect(await rack.proved()).toEqual(['snailin power-off read back'])
})
