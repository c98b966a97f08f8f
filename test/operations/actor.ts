// A conductor in a process of its own, on the lab's real hosts, that a test can hold at any call which changes something, and kill there.
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Operation } from '../../src/model/operation.ts'
import type { Asked, Confirmation, Wanted } from '../../src/operations/operations.ts'
import type { Plan } from '../../src/operations/plan/plan.ts'
import type { Lab } from '../lab/index.ts'

/** A call by its name and number: `quark migrationFinish #1`, `etcd permits moved #2`. Not made yet, made and not answered, or answered. */
export interface Hold {
  readonly call: string
  readonly when: 'before' | 'during' | 'after'
}

/** A cluster of its own on the lab's hosts: its keys in etcd, and some of the lab's VMs. The lab's own has no name, and all VMs. */
export interface Part {
  readonly name: string
  readonly vms: readonly string[]
  /** Homes by the CDM that are not where the lab starts its guests: these are away from the beginning. */
  readonly homes?: Readonly<Record<string, string>>
  /** It keeps its disks in Ceph, reached as this file says; left out, as `ceph` itself does. */
  readonly ceph?: { readonly conf?: string }
}

type Wish =
  | { readonly do: 'plan'; readonly wanted: Wanted }
  | {
      readonly do: 'commit'
      readonly wanted: Wanted
      readonly confirmation: Partial<Confirmation>
    }
  | { readonly do: 'conduct'; readonly id: string; readonly first?: Asked }
  | { readonly do: 'ask'; readonly id: string; readonly to: Asked }
  | { readonly do: 'declare-off'; readonly hwm: string }
  | { readonly do: 'reach'; readonly hwm: string; readonly vm: string; readonly reads: number }
  | { readonly do: 'hold'; readonly at: Hold }
  | { readonly do: 'go' | 'permits' | 'vms' | 'hwms' | 'log' }
  | { readonly do: 'operation'; readonly id: string }

export type Order = Wish & { readonly cluster: string }

/** A line of the log. */
export interface Told {
  readonly level: string
  readonly about: string
  readonly what: string
}

/** What an HWM gives while reads of a VM's XML are under way, or have been given up and hang there. */
export interface Reached {
  /** From wherever each read of the XML got it. */
  readonly xml: readonly (string | undefined)[]
  readonly process: 'gone' | 'there' | 'unseen'
  readonly hostname: string
}

export type Report =
  | { readonly ready: true }
  | { readonly called: string }
  | { readonly reached: string }
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: string; readonly name: string }

/** What Operations threw, with the lines that belong to it. */
class ActorRefused extends Error {
  override readonly name: string
  constructor(message: string, name: string) {
    super(message)
    this.name = name
  }
}

let lastId = 0

interface Permit {
  readonly node: string
  readonly epoch: number
  readonly proof?: { readonly kind: string; readonly id: string }
}

export class Actor implements AsyncDisposable {
  /** Names of all calls so far, in order. */
  readonly calls: string[] = []
  readonly #child: ChildProcess
  readonly #cluster: string
  readonly #pending = new Map<number, PromiseWithResolvers<unknown>>()
  readonly #waiting = new Map<string, () => void>()

  private constructor(child: ChildProcess, cluster: string) {
    this.#child = child
    this.#cluster = cluster
    child.on('message', (report: Report) => this.#hear(report))
    child.on('exit', () => {
      for (const pending of this.#pending.values())
        pending.reject(new ActorRefused('the actor has ended', 'Ended'))
    })
  }

  /** Resolves when it sees etcd, and every host or that it does not answer. */
  static async start(lab: Lab, parts: readonly Part[] = [{ name: '', vms: [] }]): Promise<Actor> {
    const file = new URL('acting-process.ts', import.meta.url).pathname
    const child = lab.operator.node(
      file,
      [lab.clusterFile, lab.layout.shared, JSON.stringify(parts)],
      {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      },
    )
    child.setMaxListeners(0)
    const actor = new Actor(child, parts[0]?.name ?? '')
    await Promise.race([
      new Promise<void>(resolve => actor.#waiting.set('ready', resolve)),
      once(child, 'exit').then(() => {
        throw new ActorRefused('the actor ended before it was ready', 'Ended')
      }),
    ])
    return actor
  }

  /** The same process, acting on another of its clusters. */
  on(cluster: string): Actor {
    return new Actor(this.#child, cluster)
  }

  plan(wanted: Wanted): Promise<Plan> {
    return this.#order({ do: 'plan', wanted }) as Promise<Plan>
  }

  commit(wanted: Wanted, confirmation: Partial<Confirmation> = {}): Promise<Operation> {
    return this.#order({ do: 'commit', wanted, confirmation }) as Promise<Operation>
  }

  conduct(id: string, first?: Asked): Promise<Operation> {
    return this.#order({ do: 'conduct', id, ...(first && { first }) }) as Promise<Operation>
  }

  /** Plans, commits and conducts to the end. */
  async act(wanted: Wanted, confirmation: Partial<Confirmation> = {}): Promise<Operation> {
    const { id } = await this.commit(wanted, confirmation)
    return this.conduct(id)
  }

  ask(id: string, to: Asked): Promise<boolean> {
    return this.#order({ do: 'ask', id, to }) as Promise<boolean>
  }

  /** The proof that a fence device would have given. */
  async declareOff(hwm: string): Promise<void> {
    await this.#order({ do: 'declare-off', hwm })
  }

  /** Reads the VM's XML so many times at once as that HWM reads it, then looks for its process there, and runs a script. */
  async reach(hwm: string, vm: string, reads: number): Promise<Reached> {
    return (await this.#order({ do: 'reach', hwm, vm, reads })) as Reached
  }

  /** The name with the number that this call will have when it is made next. */
  nextCall(name: string): string {
    return `${name} #${this.calls.filter(call => call.startsWith(`${name} #`)).length + 1}`
  }

  /** Resolves when the call is reached; the actor then stands there until `go`, or is killed. */
  async hold(
    call: string,
    when: Hold['when'] = 'before',
  ): Promise<{ readonly reached: Promise<void> }> {
    const reached = new Promise<void>(resolve => this.#waiting.set(call, resolve))
    await this.#order({ do: 'hold', at: { call, when } })
    return { reached }
  }

  async go(): Promise<void> {
    await this.#order({ do: 'go' })
  }

  permits(): Promise<Readonly<Record<string, Permit>>> {
    return this.#order({ do: 'permits' }) as Promise<Record<string, Permit>>
  }

  /** VM to `running quark`, as it sees it now. */
  vms(): Promise<Readonly<Record<string, string>>> {
    return this.#order({ do: 'vms' }) as Promise<Record<string, string>>
  }

  hwms(): Promise<Readonly<Record<string, string>>> {
    return this.#order({ do: 'hwms' }) as Promise<Record<string, string>>
  }

  /** As it lies in etcd. */
  operation(id: string): Promise<Operation> {
    return this.#order({ do: 'operation', id }) as Promise<Operation>
  }

  log(): Promise<readonly Told[]> {
    return this.#order({ do: 'log' }) as Promise<Told[]>
  }

  /** SIGKILL, wherever it stands. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await ended
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill()
  }

  #order(wish: Wish): Promise<unknown> {
    const id = ++lastId
    const pending = Promise.withResolvers<unknown>()
    this.#pending.set(id, pending)
    // Who was not waited for when the actor was killed is no failure.
    pending.promise.catch(() => undefined)
    this.#child.send({ id, order: { ...wish, cluster: this.#cluster } })
    return pending.promise
  }

  #hear(report: Report): void {
    if ('ready' in report) this.#waiting.get('ready')?.()
    else if ('called' in report) this.calls.push(report.called)
    else if ('reached' in report) this.#waiting.get(report.reached)?.()
    else {
      const pending = this.#pending.get(report.id)
      this.#pending.delete(report.id)
      if ('error' in report) pending?.reject(new ActorRefused(report.error, report.name))
      else pending?.resolve(report.value)
    }
  }
}
