// A made-up cluster on a virtual clock, for trials of the control code: hosts that die, lines that are cut, calls that are lost, land
// late or are only half done, and conductors that are killed at any instant. What is under trial is the real step() and decide().
import type { Action } from '../../../src/control/decide.ts'
import type { End, VmFacts } from '../../../src/control/facts.ts'
import type { Ended } from '../../../src/control/events.ts'
import type { Operation } from '../../../src/model/operation.ts'

export type Truth = 'absent' | 'off' | 'running' | 'held' | 'incoming'

export interface Host {
  alive: boolean
  /** Reachable for conductors. A host that is cut goes on running. */
  reachable: boolean
  proof: string | undefined
  readonly vms: Map<string, Truth>
}

/**
 * A mistake that the code under trial does not make, planted to see that the audits find it. `silence is death`: whoever does not answer
 * counts as proved dead. `running is gone`: at times a source that still runs is taken for gone, so that its permit moves too early. `paused
 * is running`: a VM is called done before its CPUs run. `arrives running`: a migration does not end paused. `proof of another`: of HWMs that
 * are silent together, the proof of one counts for all.
 */
export type Defect =
  | 'silence is death'
  | 'running is gone'
  | 'paused is running'
  | 'arrives running'
  | 'proof of another'

/** mulberry32: small, seedable, good enough to spread faults. */
export function randomOf(seed: number): () => number {
  let a = seed >>> 0
  return () => {
    a = (a + 0x6d2b79f5) >>> 0
    let t = Math.imul(a ^ (a >>> 15), a | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

export class World {
  now = 0
  readonly hosts = new Map<string, Host>()
  readonly permits = new Map<string, { node: string; epoch: number }>()
  /** VMs whose guest shut itself down: they are stopped, not lost. */
  readonly stopped = new Set<string>()
  /** What lies in etcd. */
  stored: Operation | undefined
  /** Chances of faults fall to zero when the storm is over. */
  storm = true
  readonly random: () => number
  readonly trace: string[] = []
  readonly #defect: Defect | undefined
  /** Proofs on which permits were moved, by VM. */
  readonly proofs = new Map<string, string>()
  /** A permit that was taken from one HWM by the proof of the death of another. */
  misproved: string | undefined
  readonly #queue: { at: number; order: number; run: () => void }[] = []
  #order = 0

  constructor(seed: number, hosts: readonly string[], defect?: Defect) {
    this.#defect = defect
    this.random = randomOf(seed)
    for (const name of hosts) {
      this.hosts.set(name, { alive: true, reachable: true, proof: undefined, vms: new Map() })
    }
  }

  after(ms: number, run: () => void): void {
    this.#queue.push({ at: this.now + ms, order: this.#order++, run })
  }

  /** Runs the next thing that is due; false when nothing is left. */
  next(): boolean {
    let first = 0
    for (let i = 1; i < this.#queue.length; i += 1) {
      const a = this.#queue[i]!
      const b = this.#queue[first]!
      if (a.at < b.at || (a.at === b.at && a.order < b.order)) first = i
    }
    const [due] = this.#queue.splice(first, 1)
    if (due === undefined) return false
    this.now = Math.max(this.now, due.at)
    due.run()
    return true
  }

  say(what: string): void {
    this.trace.push(`${(this.now / 1000).toFixed(2).padStart(8)}  ${what}`)
  }

  chance(probability: number): boolean {
    return this.storm && this.random() < probability
  }

  host(name: string): Host {
    const host = this.hosts.get(name)
    if (host === undefined) throw new Error(`no host ${name}`)
    return host
  }

  truth(vm: string, hwm: string): Truth {
    return this.host(hwm).vms.get(vm) ?? 'absent'
  }

  set(vm: string, hwm: string, truth: Truth): void {
    this.host(hwm).vms.set(vm, truth)
    this.say(`${hwm}: ${vm} ${truth}`)
  }

  kill(hwm: string): void {
    const host = this.host(hwm)
    host.alive = false
    host.reachable = false
    for (const [vm, truth] of host.vms) if (truth !== 'absent') host.vms.set(vm, 'off')
    this.say(`${hwm} DIES`)
  }

  /** Only ever given of what is dead: how one knows is fencing's business, tried elsewhere. */
  prove(hwm: string): void {
    const host = this.host(hwm)
    if (host.alive) return
    host.proof = `power-off ${hwm} ${Math.round(this.now)}`
    this.say(`proof: ${hwm} is off`)
  }

  facts(vm: string): VmFacts {
    const ends: Record<string, End> = {}
    const proofs: Record<string, string> = {}
    for (const [name, host] of this.hosts) {
      if (host.proof !== undefined) proofs[name] = host.proof
      const truth = this.#seen(vm, name)
      ends[name] =
        host.alive && host.reachable && !this.chance(0.03)
          ? {
              known: true,
              domain: truth,
              process: truth === 'absent' || truth === 'off' ? 'gone' : 'there',
              ownAccord: this.stopped.has(vm),
            }
          : { known: false }
    }
    const [another] = Object.values(proofs)
    if (this.#defect === 'proof of another' && another !== undefined)
      for (const [name, end] of Object.entries(ends)) if (!end.known) proofs[name] ??= another
    if (this.#defect === 'silence is death')
      for (const [name, end] of Object.entries(ends)) if (!end.known) proofs[name] ??= 'silent'
    // At times the readiness is found out by an action of its own, and what that decides on is older by then.
    const ready = this.chance(0.3)
      ? {}
      : Object.fromEntries([...this.hosts.keys()].map(name => [name, 'ready' as const]))
    return { permit: this.permits.get(vm), ends, proofs, elsewhere: [], ready, barred: undefined }
  }

  #seen(vm: string, hwm: string): Truth {
    const truth = this.truth(vm, hwm)
    if (this.#defect === 'paused is running' && truth === 'held') return 'running'
    if (this.#defect === 'running is gone' && truth === 'running' && this.chance(0.05)) return 'off'
    return truth
  }

  /**
   * Carries an action out, in the instants that it takes in truth. Parts that were sent land even when their sender is dead by then;
   * parts not yet sent are sent only while `alive()`. Answers through `done`, unless the sender is dead.
   */
  perform(vm: string, action: Action, alive: () => boolean, done: (ended: Ended) => void): void {
    const answer = (ended: Ended) => {
      const lost = this.chance(0.05)
      this.after(this.delay(), () => {
        if (alive()) done(lost ? { how: 'unknown', why: 'the answer was lost' } : ended)
      })
    }
    const fail = (why: string) => answer({ how: 'failed', why })
    if (this.chance(0.05)) {
      fail('an error')
      return
    }
    switch (action.do) {
      case 'prepare':
        answer({ how: 'ok', learned: { ready: { [action.at]: 'ready' } } })
        return
      case 'bar':
        answer({ how: 'ok' })
        return
      case 'permit': {
        const seen = this.permits.get(vm)
        this.after(this.delay(), () => {
          if (this.permits.get(vm) !== seen) {
            fail('the permit changed')
            return
          }
          const [kind, of] = action.proof.split(' ')
          if (kind === 'power-off' && of !== seen?.node)
            this.misproved = `${vm} was taken from ${seen?.node} by the proof of ${of}`
          const permit = { node: action.to, epoch: (seen?.epoch ?? 0) + 1 }
          this.permits.set(vm, permit)
          this.proofs.set(vm, action.proof)
          this.say(`permit ${vm} -> ${action.to} (${action.proof})`)
          answer({ how: 'ok', learned: { permit } })
        })
        return
      }
      case 'start':
        this.call(action.at, fail, () => {
          const truth = this.truth(vm, action.at)
          if (truth !== 'absent' && truth !== 'off') {
            fail('already active')
            return
          }
          this.set(vm, action.at, 'held')
          const end = { known: true, domain: 'held', process: 'there', ownAccord: false } as const
          answer({ how: 'ok', learned: { ends: { [action.at]: end } } })
        })
        return
      case 'resume':
        // First the permit is confirmed, then the call is sent: the conductor may die in between.
        this.after(this.delay(), () => {
          if (!alive()) return
          if (this.permits.get(vm)?.node !== action.at) {
            fail('no permit')
            return
          }
          this.call(action.at, fail, () => {
            if (this.truth(vm, action.at) !== 'held') {
              fail('not paused')
              return
            }
            this.set(vm, action.at, 'running')
            answer({ how: 'ok' })
          })
        })
        return
      case 'shutdown':
        this.call(action.at, fail, () => {
          if (this.random() < 0.7) {
            this.after(2000 * this.random(), () => {
              if (this.truth(vm, action.at) === 'running') this.set(vm, action.at, 'off')
            })
          }
          answer({ how: 'ok' })
        })
        return
      case 'destroy':
        this.call(action.at, fail, () => {
          if (this.truth(vm, action.at) !== 'absent') this.set(vm, action.at, 'off')
          answer({ how: 'ok' })
        })
        return
      case 'migrate':
        this.#migrate(vm, action.from, action.to, alive, answer)
    }
  }

  /** A libvirt call: it may land late, or never, and fails only after its time limit when nobody is there. */
  call(hwm: string, fail: (why: string) => void, land: () => void): void {
    const late = this.chance(0.03) ? 8000 * this.random() : 0
    this.after(this.delay() + late, () => {
      const host = this.host(hwm)
      if (!host.alive || !host.reachable) {
        this.after(5000, () => fail(`${hwm} does not answer`))
        return
      }
      land()
    })
  }

  delay(): number {
    return 5 + 60 * this.random()
  }

  #migrate(
    vm: string,
    from: string,
    to: string,
    alive: () => boolean,
    answer: (ended: Ended) => void,
  ): void {
    const both = () => [from, to].every(hwm => this.host(hwm).alive && this.host(hwm).reachable)
    const broken = (why: string) => answer({ how: 'unknown', why })
    const cleanUp = () => {
      // libvirt's own: a copy that waits for data goes when its client does; the source goes on if it was not switched.
      this.after(200, () => {
        if (this.host(to).alive && this.truth(vm, to) === 'incoming') this.set(vm, to, 'off')
      })
    }
    this.call(to, broken, () => {
      if (
        !both() ||
        this.truth(vm, from) !== 'running' ||
        !['absent', 'off'].includes(this.truth(vm, to))
      ) {
        answer({ how: 'failed', why: 'prepare refused' })
        return
      }
      this.set(vm, to, 'incoming')
      this.after(500 + 3000 * this.random(), () => {
        if (!alive() || !both() || this.truth(vm, to) !== 'incoming' || this.chance(0.05)) {
          cleanUp()
          broken('perform was cut off')
          return
        }
        if (this.truth(vm, from) !== 'running') {
          cleanUp()
          broken('the source does not run any more')
          return
        }
        this.set(vm, from, 'held')
        this.after(this.delay(), () => {
          if (!alive() || !both() || this.truth(vm, to) !== 'incoming') {
            broken('finish was not sent')
            return
          }
          this.set(vm, to, this.#defect === 'arrives running' ? 'running' : 'held')
          this.after(this.delay(), () => {
            if (!alive() || !both() || this.chance(0.05) || this.truth(vm, from) !== 'held') {
              broken('confirm was not sent')
              return
            }
            this.set(vm, from, 'off')
            // Where its process was seen to vanish, nothing is looked at again before the permit moves.
            const ends = {
              [from]: { known: true, domain: 'absent', process: 'gone', ownAccord: false },
              [to]: { known: true, domain: 'held', process: 'there', ownAccord: false },
            } as const
            answer({ how: 'ok', ...(this.chance(0.7) && { learned: { ends } }) })
          })
        })
      })
    })
  }
}
