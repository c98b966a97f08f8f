// A map on its way to another: who waits for which HWM, the steps so far, and the way back.
import type { State } from '../packing/state.ts'
import type { Step } from './steps.ts'
import { moversOf, type OrderTask, stateOf } from './task.ts'

export class Walk {
  readonly task: OrderTask
  readonly state: State
  readonly now: Int32Array
  readonly waiting = new Set<number>()
  /** Who waits for room on each HWM. */
  readonly inbound: Set<number>[]
  readonly steps: Step[] = []

  constructor(task: OrderTask) {
    this.task = task
    this.state = stateOf(task, task.from)
    this.now = task.from.slice()
    this.inbound = Array.from({ length: task.items.packing.bins }, () => new Set())
    for (const v of moversOf(task)) this.#wait(v)
  }

  #wait(v: number): void {
    this.waiting.add(v)
    this.inbound[this.task.to[v]!]!.add(v)
  }

  #arrive(v: number): void {
    this.waiting.delete(v)
    this.inbound[this.task.to[v]!]!.delete(v)
  }

  hwmsWaitedFor(): number[] {
    const hwms: number[] = []
    this.inbound.forEach((vms, h) => {
      if (vms.size > 0) hwms.push(h)
    })
    return hwms
  }

  canMove(v: number, h: number): boolean {
    return this.state.hasRoom(v, h) && this.state.isAllowed(v, h)
  }

  /** Moves a VM for which `canMove` is true. False, and nothing is changed, when X would not be held then. */
  move(v: number, h: number): boolean {
    const a = this.now[v]!
    this.#put(v, h)
    if (this.task.keepsX && this.task.mayRest(this.now) !== true) {
      this.#put(v, a)
      return false
    }
    this.steps.push({ vm: v, from: a, to: h })
    return true
  }

  #put(v: number, h: number): void {
    const isHome = this.now[v] === this.task.to[v]
    this.state.move(v, h)
    this.now[v] = h
    if (h === this.task.to[v]) this.#arrive(v)
    else if (isHome) this.#wait(v)
  }

  /** Takes the last steps back until `count` are left. */
  backTo(count: number): void {
    while (this.steps.length > count) {
      const { vm, from } = this.steps.pop()!
      this.#put(vm, from)
      if (from !== this.task.to[vm]) this.#wait(vm)
    }
  }
}
