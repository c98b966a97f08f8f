// The line to one made-up host: latency, time limits, keep-alive, and silence instead of an error when the other side is dead.
import type { Clock } from '../model/clock.ts'
import type { CallOptions, DomainEvent } from '../libvirt/hypervisor.ts'
import { CallTimedOut, HypervisorUnreachable } from '../libvirt/errors.ts'
import type { SimulatedHost } from './host.ts'

export interface LineTimes {
  /** There and back, ms. */
  readonly latencyMs: number
  /** After this long without a sign of life a connection gives up, as libvirt's keep-alive does. */
  readonly keepAliveMs: number
}

const DEFAULT_CALL_MS = 5_000

export class Line {
  /** Aborts when the line is over, with the Error that says why. */
  readonly closed: AbortSignal
  onEvent: (event: DomainEvent) => void = () => undefined
  readonly #host: SimulatedHost
  readonly #times: LineTimes
  readonly #clock: Clock
  readonly #end = new AbortController()
  readonly #listening: Disposable
  /** What waits for the host to answer again: TCP sends it once more. */
  #held: (() => void)[] = []
  #silence: Disposable | undefined

  constructor(host: SimulatedHost, clock: Clock, times: LineTimes) {
    this.#host = host
    this.#clock = clock
    this.#times = times
    this.closed = this.#end.signal
    this.#listening = host.listen({
      event: event =>
        clock.after(times.latencyMs / 2, () => this.#carry(() => this.onEvent(event))),
      reachChanged: () => this.#reachChanged(),
      powerLost: () => {
        // The answers that were on their way died with it.
        this.#held = []
        this.#reachChanged()
      },
      libvirtdStopped: () => {
        if (host.isReachable) this.end(new HypervisorUnreachable('libvirtd closed the connection'))
      },
    })
    this.#reachChanged()
  }

  call<T>(name: string, answer: () => T, options: CallOptions = {}): Promise<T> {
    const { timeoutMs = DEFAULT_CALL_MS } = options
    const tooLate = () => new CallTimedOut(name, timeoutMs)
    return this.ask(answer, this.#times.latencyMs, { ...options, timeoutMs }, tooLate)
  }

  /** What `answer` gives, after `latencyMs`; fails at the limit, when cancelled, or when the line ends. */
  ask<T>(
    answer: () => T,
    latencyMs: number,
    options: CallOptions & { readonly timeoutMs: number },
    tooLate: () => Error,
  ): Promise<T> {
    const { signal, timeoutMs } = options
    for (const over of [this.closed, signal])
      if (over?.aborted) return Promise.reject(reasonOf(over))
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const limit = this.#clock.after(timeoutMs, () => reject(tooLate()))
    const cancel = () => reject(reasonOf(signal))
    const end = () => reject(reasonOf(this.closed))
    signal?.addEventListener('abort', cancel)
    this.closed.addEventListener('abort', end)
    const reach = () => {
      try {
        resolve(answer())
      } catch (error) {
        reject(error)
      }
    }
    this.#clock.after(latencyMs, () => this.#carry(reach))
    return promise.finally(() => {
      limit[Symbol.dispose]()
      signal?.removeEventListener('abort', cancel)
      this.closed.removeEventListener('abort', end)
    })
  }

  end(reason: Error): void {
    if (this.closed.aborted) return
    this.#silence?.[Symbol.dispose]()
    this.#listening[Symbol.dispose]()
    this.#held = []
    this.#end.abort(reason)
  }

  #carry(task: () => void): void {
    if (this.closed.aborted) return
    // A host whose libvirtd is stopped answers for itself: it refuses.
    const isAnswered = this.#host.isReachable && this.#host.libvirtd !== 'hangs'
    if (isAnswered) task()
    else if (this.#host.hasPower) this.#held.push(task)
  }

  #reachChanged(): void {
    if (this.#host.answers) {
      this.#silence?.[Symbol.dispose]()
      this.#silence = undefined
      for (const task of this.#held.splice(0)) task()
      return
    }
    const { keepAliveMs } = this.#times
    const giveUp = () =>
      this.end(new HypervisorUnreachable(`no sign of life for ${keepAliveMs / 1000} s`))
    this.#silence ??= this.#clock.after(keepAliveMs, giveUp)
  }
}

function reasonOf(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason
  return reason instanceof Error ? reason : new Error(String(reason))
}
