// `yasco evacuate` of several dead HWMs: what the line has to say of each, and what it asks.
import { describe, expect, test } from 'vitest'
import { HEAD, World, type Ran } from './world.ts'

// Commands of a second each, which take longer where others work beside them.
/** Of these nobody answers but the kernel: it refuses the connection, so none of them is off. */
const DEAD = {
  quark: 'qemu+ssh://root@127.0.0.1:1/system',
  snailin: 'qemu+ssh://root@127.0.0.1:2/system',
}

/** quark and snailin are dead, each with an HAVM; gluon and muon live. */
class Rack implements Disposable {
  readonly #world = new World()
  readonly #config: string

  private constructor() {
    const hosts = {
      ...DEAD,
      gluon: 'qemu+ssh://root@gluon/system',
      muon: 'qemu+ssh://root@muon/system',
    }
    for (const [hostname, uri] of Object.entries(hosts))
      this.#world.hosts.set(uri, { hostname, isDown: hostname in DEAD })
    const hwms = Object.entries(hosts).map(
      ([name, uri]) => `  ${name}: {libvirt: '${uri}', capacity: {ram: 8GiB, cpu: 4}}`,
    )
    const vm = (name: string, home: string) =>
      `  ${name}: {ha: true, home: ${home}, ram: 1GiB, cpu: 1}`
    this.#config = this.#world.file(
      'cluster.yaml',
      `${HEAD}domains: etcd\nhwms:\n${hwms.join('\n')}\nvms:\n${vm('mail', 'quark')}\n${vm('web', 'snailin')}\n`,
    )
  }

  static async begin(): Promise<Rack> {
    const rack = new Rack()
    const { status, err } = await rack.#world.run(`apply -f ${rack.#config} --yes`)
    expect({ status, err }).toEqual({ status: 0, err: '' })
    return rack
  }

  evacuate(words: string, answer?: string): Promise<Ran> {
    return this.#world.run(`evacuate ${words} --config ${this.#config}`, answer)
  }

  [Symbol.dispose](): void {
    this.#world[Symbol.dispose]()
  }
}

test('one plan for all of them, in --json too', async () => {
  using rack = await Rack.begin()
  const { status, out } = await rack.evacuate('quark snailin --dry-run')
  expect(out).toContain('Evacuate quark, snailin: 2 VMs restart elsewhere')
  expect(out).toMatch(/mail +HAVM +quark -> \w+ +restarts/)
  expect(out).toMatch(/web +HAVM +snailin -> \w+ +restarts/)
  expect(status).toBe(0)
  const { out: json } = await rack.evacuate('quark snailin --dry-run --json')
  expect(JSON.parse(json)).toMatchObject({
    kind: 'Plan',
    plan: { subject: 'quark+snailin', mustBeOff: ['quark', 'snailin'] },
  })
})

test.each([
  ['quark gluon', 'gluon lives, quark does not answer: only dead ones are evacuated together'],
  ['gluon muon', 'gluon, muon live: those that live are evacuated one at a time'],
  ['quark quark', 'quark is named twice'],
  ['quark qark', 'there is no HWM qark'],
])('evacuate %s is refused with the reason', async (words, why) => {
  using rack = await Rack.begin()
  const { status, err } = await rack.evacuate(`${words} --dry-run`)
  expect({ status, err }).toEqual({ status: 3, err: expect.stringContaining(why) })
})

describe('every name is typed, or given', () => {
  test('without a terminal it says which are missing', async () => {
    using rack = await Rack.begin()
    const none = await rack.evacuate('quark snailin')
    expect(none.err).toContain('Give --confirm-name quark --confirm-name snailin to do it')
    const one = await rack.evacuate('quark snailin --confirm-name snailin')
    expect(one.err).toContain('Give --confirm-name quark to do it')
    const other = await rack.evacuate('quark snailin --confirm-name gluon')
    expect(other.err).toContain("--confirm-name says 'gluon', the plan is about 'quark', 'snailin'")
    expect([none, one, other].map(({ status }) => status)).toEqual([3, 3, 3])
  })

  test.each([
    ['quark\nsnailin', 'HWMs are not proved to be off'],
    ['snailin\nquark', 'not confirmed'],
    ['quark\nquark', 'not confirmed'],
    ['quark', 'not confirmed'],
  ])('typed %j', async (typed, told) => {
    using rack = await Rack.begin()
    const { status, err } = await rack.evacuate('quark snailin', typed)
    expect({ status, err }).toEqual({ status: 3, err: expect.stringContaining(told) })
    expect(err).toContain('Type quark to go on: ')
  })
})

describe('how it is known that each is off', () => {
  const CONFIRMED = '--confirm-name quark --confirm-name snailin'

  test('the word for each is held against what answers there, and nothing is recorded', async () => {
    using rack = await Rack.begin()
    const words = `quark snailin ${CONFIRMED} --off-confirmed quark=pulled --off-confirmed snailin=pulled`
    const { status, err } = await rack.evacuate(words)
    expect(status).toBe(3)
    expect(err).toContain('2 HWMs are not proved to be off: nothing was done')
    expect(err).toContain('quark is said to be off, but it answers')
    expect(err).toContain('snailin is said to be off, but it answers')
  })

  test('one that has no proof is named', async () => {
    using rack = await Rack.begin()
    const { err } = await rack.evacuate(
      `quark snailin ${CONFIRMED} --fence --off-confirmed quark=pulled`,
    )
    expect(err).toContain('quark is said to be off, but it answers')
    expect(err).toContain('snailin could not be switched off\n       it has no fence device')
  })

  test.each([
    ['quark snailin --off-confirmed pulled', 'it begins with the one it is about: HWM=HOW'],
    ['quark snailin --off-confirmed gluon=pulled', 'it begins with the one it is about: HWM=HOW'],
    ['quark snailin --off-confirmed quark=', 'say how you verified that it is off'],
    [
      'quark snailin --off-confirmed quark=a --off-confirmed quark=b',
      '--off-confirmed is given twice for quark',
    ],
    ['quark --off-confirmed a --off-confirmed b', '--off-confirmed is given twice for quark'],
    ['quark --off-confirmed pulled --fence', 'one of them is the proof'],
  ])('evacuate %s is wrong use', async (words, why) => {
    using rack = await Rack.begin()
    const { status, err } = await rack.evacuate(words)
    expect({ status, err }).toEqual({ status: 2, err: expect.stringContaining(why) })
  })

  test('of one HWM alone, what stands before a = may be part of how', async () => {
    using rack = await Rack.begin()
    const plain = await rack.evacuate('quark --confirm-name quark --off-confirmed psu=dead')
    const named = await rack.evacuate('quark --confirm-name quark --off-confirmed quark=dead')
    for (const { status, err } of [plain, named])
      expect({ status, err }).toEqual({
        status: 3,
        err: expect.stringContaining('quark is said to be off, but it answers'),
      })
  })
})
