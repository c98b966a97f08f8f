// One trial: an operation on a made-up cluster in a storm of faults, until the storm is over and everything has settled.
// After every single happening the audits of SAFETY are held against the world.
import { DEFAULT_LIMITS, isOver, type Operation, type Step } from '../../../src/model/operation.ts'
import type { Effect, Event } from '../../../src/control/events.ts'
import { step, takeUp, type Machine } from '../../../src/control/step.ts'
import { World, type Defect } from './world.ts'

const HOSTS = ['quark', 'snailin', 'andreys', 'gluon']
const LEASE_MS = 10_000

export interface Verdict {
  readonly seed: number
  readonly broken: string | undefined
  readonly operation: Operation
  readonly trace: readonly string[]
  readonly conductors: number
}

/** Takes operations up from what is stored, one conductor after another; each may be killed between any two instants. */
class Conductor {
  alive = true
  #machine: Machine
  readonly #world: World

  static begin(world: World, stored: Operation): void {
    new Conductor(world, stored).#tick()
  }

  private constructor(world: World, stored: Operation) {
    this.#world = world
    this.#machine = takeUp(stored, world.now)
  }

  handle(event: Event): void {
    if (!this.alive) return
    const { machine, effects } = step(this.#machine, event)
    this.#machine = machine
    for (const effect of effects) {
      if (!this.alive) return
      this.#carryOut(effect)
    }
  }

  #tick(): void {
    if (!this.alive) return
    this.handle({ type: 'tick', now: this.#world.now })
    if (!isOver(this.#machine.operation)) this.#world.after(250, () => this.#tick())
  }

  #carryOut(effect: Effect): void {
    const world = this.#world
    const alive = () => this.alive
    if (world.chance(0.01)) {
      this.alive = false
      world.say('the conductor is KILLED')
      world.after(LEASE_MS + 1000, () => begin(world))
      return
    }
    switch (effect.type) {
      case 'journal':
        world.stored = effect.operation
        return
      case 'event':
        world.say(effect.what)
        return
      case 'abort':
        return
      case 'look': {
        const facts = world.facts(effect.step.vm)
        world.after(world.delay(), () =>
          this.handle({ type: 'looked', now: world.now, step: effect.step.id, facts }),
        )
        return
      }
      case 'act':
        world.say(`step ${effect.step.id}: ${JSON.stringify(effect.action)}`)
        world.perform(effect.step.vm, effect.action, alive, ended =>
          this.handle({ type: 'acted', now: world.now, step: effect.step.id, ended }),
        )
    }
  }
}

let conductors = 0

function begin(world: World): void {
  if (world.stored === undefined || isOver(world.stored)) return
  conductors += 1
  world.say('a conductor takes up')
  Conductor.begin(world, world.stored)
}

function plan(world: World): Operation {
  const vms = ['win7', 'ubuntu', 'freebsd', 'test']
  const dead = world.random() < 0.4
  const method = dead ? 'restart' : world.random() < 0.75 ? 'live' : 'cold'
  // A rack: two die at once, and one operation evacuates both.
  const sources = dead && world.random() < 0.5 ? ['quark', 'snailin'] : ['quark']
  const others = HOSTS.filter(hwm => !sources.includes(hwm))
  const steps: Step[] = vms.map((vm, id) => {
    const from = sources[id % sources.length]!
    world.host(from).vms.set(vm, 'running')
    world.permits.set(vm, { node: from, epoch: 1 })
    const turn = Math.floor(world.random() * others.length)
    const targets = [...others.slice(turn), ...others.slice(0, turn)].slice(0, 2)
    return {
      id,
      vm,
      method,
      from,
      targets: dead || world.random() < 0.5 ? targets : targets.slice(0, 1),
      target: 0,
      keepPaused: false,
      after: id > 0 && world.random() < 0.2 ? [id - 1] : [],
      state: 'queued',
      phase: '',
      tries: {},
      error: '',
      note: '',
    }
  })
  for (const hwm of dead ? sources : []) {
    // Dead, or only believed so: then it runs on behind its cut cable, and no proof will ever come. Of two each has its own fate.
    if (world.random() < 0.6) world.kill(hwm)
    else world.host(hwm).reachable = false
    world.after(20_000 * world.random(), () => world.prove(hwm))
  }
  return {
    id: '1',
    kind: 'evacuate',
    subject: sources.join('+'),
    by: 'trial',
    from: '',
    why: '',
    createdAt: '1970-01-01T00:00:00Z',
    state: 'running',
    limits: { ...DEFAULT_LIMITS, waitMs: 300_000, shutdownMs: 3000, tries: 6 },
    steps,
  }
}

/** Faults that come by themselves: deaths with a proof some time later, lines cut and healed, guests that shut themselves down. */
function storm(world: World, mayDie: number): void {
  const again = () => {
    if (!world.storm) return
    const name = HOSTS[Math.floor(world.random() * HOSTS.length)]!
    const host = world.host(name)
    const dice = world.random()
    const dead = HOSTS.filter(each => !world.host(each).alive).length
    if (dice < 0.12 && host.alive && dead < mayDie) {
      world.kill(name)
      if (world.random() < 0.8) world.after(15_000 * world.random(), () => world.prove(name))
    } else if (dice < 0.4 && host.alive && host.reachable) {
      host.reachable = false
      world.say(`${name} is cut off`)
      world.after(8000 * world.random(), () => {
        if (host.alive && !host.reachable) {
          host.reachable = true
          world.say(`${name} is back on the net`)
        }
      })
    } else if (dice < 0.45 && host.alive) {
      for (const [vm, truth] of host.vms) {
        if (truth === 'running' && world.random() < 0.3) {
          world.stopped.add(vm)
          world.set(vm, name, 'off')
        }
      }
    }
    world.after(4000 * world.random(), again)
  }
  again()
}

function audit(world: World, vms: readonly string[]): string | undefined {
  if (world.misproved !== undefined) return world.misproved
  for (const vm of vms) {
    const running = HOSTS.filter(hwm => world.truth(vm, hwm) === 'running')
    if (running.length > 1) return `${vm} RUNS TWICE: ${running.join(', ')}`
    const permit = world.permits.get(vm)?.node
    const moved = (world.permits.get(vm)?.epoch ?? 1) > 1
    if (moved && !world.proofs.get(vm)) return `${vm} has a permit that was moved without proof`
    if (running.length === 1 && running[0] !== permit) {
      return `${vm} runs on ${running[0]}, its permit is with ${permit}`
    }
  }
  return undefined
}

/** Calm: what is cut heals, what is dead is proved dead. Then every VM runs, or is stopped, or its step says why not. */
function lost(world: World, operation: Operation): string | undefined {
  if (!isOver(operation)) return `the operation did not come to an end: ${operation.state}`
  for (const each of operation.steps) {
    const running = HOSTS.some(hwm => world.truth(each.vm, hwm) === 'running')
    if (running || world.stopped.has(each.vm)) continue
    const diedLater = !world.host(world.permits.get(each.vm)?.node ?? '').alive
    if (each.state === 'done' && !diedLater) return `${each.vm} is said to be done and does not run`
    if (each.state === 'failed' && each.error === '') return `${each.vm} failed without a reason`
  }
  return undefined
}

export function trial(seed: number, defect?: Defect): Verdict {
  conductors = 0
  const world = new World(seed, HOSTS, defect)
  const first = plan(world)
  const vms = first.steps.map(each => each.vm)
  world.stored = first
  begin(world)
  // Where two died at first, a third one may die in the middle.
  storm(world, new Set(first.steps.map(each => each.from)).size === 1 ? 1 : 3)
  world.after(40_000, () => {
    world.storm = false
    for (const [name, host] of world.hosts) {
      if (host.alive) host.reachable = true
      else world.prove(name)
    }
    world.say('CALM')
  })
  let broken: string | undefined
  while (broken === undefined && world.now < 1_500_000 && world.next()) broken = audit(world, vms)
  const operation = world.stored ?? first
  broken ??= lost(world, operation)
  return { seed, broken, operation, trace: world.trace, conductors }
}
