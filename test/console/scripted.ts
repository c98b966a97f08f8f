// A cluster whose fate is written by the test: it speaks the engine's protocol over a stream, and does what it is told.
import type { Duplex } from 'node:stream'
import { duplexPair } from 'node:stream'
import type { Answer, Patch, Question, ToEngine, ToScreen } from '../../src/engine/protocol.ts'
import { PROTOCOL_VERSION } from '../../src/engine/protocol.ts'
import { diff } from '../../src/engine/patch.ts'
import { readMessages, writeMessage } from '../../src/engine/lines.ts'
import type { SolveProgress } from '../../src/model/solved.ts'
import type { ClusterEvent, ClusterSnapshot, HwmView, VmView } from '../../src/model/snapshot.ts'

export class ScriptedCluster {
  #snapshot: ClusterSnapshot
  readonly #now: () => number
  #screens = new Set<Screen>()
  readonly lookedAt: string[] = []
  readonly asked: Question[] = []
  /** Answers to questions, by what is asked; the last that returns one wins. */
  readonly answers: ((question: Question) => Answer | Promise<Answer> | undefined)[] = []
  readonly isSimulated: boolean
  /** Set: a search is not answered but goes on, and this hears `enough` and `drop`. */
  searching: ((message: 'enough' | 'drop') => void) | undefined

  constructor(snapshot: ClusterSnapshot, now: () => number, isSimulated = false) {
    this.#snapshot = snapshot
    this.#now = now
    this.isSimulated = isSimulated
  }

  get snapshot(): ClusterSnapshot {
    return this.#snapshot
  }

  /** A stream to an engine that has this cluster before it. */
  connect(): Duplex {
    const [near, far] = duplexPair()
    const screen = new Screen(far, this)
    this.#screens.add(screen)
    far.on('close', () => this.#screens.delete(screen))
    return near
  }

  /** The engine dies, for all screens. */
  dropEngine(): void {
    for (const screen of this.#screens) screen.stream.destroy()
    this.#screens.clear()
  }

  change(change: Partial<ClusterSnapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...change, seq: this.#snapshot.seq + 1 }
    for (const screen of this.#screens) screen.offer()
  }

  changeHwm(name: string, change: Partial<HwmView>): void {
    const hwm = this.#snapshot.hwms[name]
    if (!hwm) throw new Error(`no HWM ${name}`)
    this.change({ hwms: { ...this.#snapshot.hwms, [name]: { ...hwm, ...change } } })
  }

  changeVm(name: string, change: Partial<VmView>): void {
    const vm = this.#snapshot.vms[name]
    if (!vm) throw new Error(`no VM ${name}`)
    this.change({ vms: { ...this.#snapshot.vms, [name]: { ...vm, ...change } } })
  }

  /** The search is so far. */
  progress(progress: SolveProgress): void {
    for (const screen of this.#screens) screen.progress(progress)
  }

  say(event: ClusterEvent): void {
    this.change({ events: [...this.#snapshot.events, event] })
  }

  /** An HWM loses its power: it does not answer, its HAVMs and VMs wait. */
  kill(name: string): void {
    this.changeHwm(name, {
      state: 'down',
      since: this.#now(),
      reason: 'ssh: no route to host',
      next: 'trying again',
    })
    for (const vm of Object.values(this.#snapshot.vms)) {
      if (vm.where === name && vm.state === 'running')
        this.changeVm(vm.name, { state: 'waiting', since: this.#now() })
    }
    this.say({
      id: String(this.#snapshot.events.length + 1),
      time: '2026-11-22T21:13:51Z',
      who: 'seen',
      from: '',
      level: 'error',
      about: `hwm:${name}`,
      what: `${name} does not answer`,
      why: 'ssh: no route to host',
    })
  }

  /** It is back, and its VMs run as before. */
  rescue(name: string): void {
    this.changeHwm(name, {
      state: 'up',
      since: this.#now(),
      seenAt: this.#now(),
      reason: '',
      next: '',
    })
    for (const vm of Object.values(this.#snapshot.vms)) {
      if (vm.where === name && vm.state === 'waiting')
        this.changeVm(vm.name, { state: 'running', since: this.#now() })
    }
  }

  /** A VM runs on another HWM than before, as after an evacuation. */
  move(vm: string, to: string): void {
    const home = this.#snapshot.vms[vm]?.home
    this.changeVm(vm, { where: to, away: to !== home, state: 'running', since: this.#now() })
  }

  /** All that is up has been heard of just now. */
  refresh(): void {
    const now = this.#now()
    const hwms = Object.fromEntries(
      Object.entries(this.#snapshot.hwms).map(([name, hwm]) => [
        name,
        hwm.state === 'up' ? { ...hwm, seenAt: now } : hwm,
      ]),
    )
    this.change({ hwms, etcd: { ...this.#snapshot.etcd, seenAt: now } })
  }

  loseEtcd(answering: number): void {
    const { etcd } = this.#snapshot
    const members = etcd.members.map((member, index) =>
      index < answering
        ? member
        : { ...member, reachable: false, leader: false, reason: 'connection refused' },
    )
    const hasQuorum = answering * 2 > members.length
    this.change({
      etcd: hasQuorum
        ? { ...etcd, members }
        : { ...etcd, members, state: 'stale', since: this.#now(), reason: 'no quorum' },
    })
  }

  answer(question: Question): Answer | Promise<Answer> {
    this.asked.push(question)
    for (const answer of this.answers.toReversed()) {
      const given = answer(question)
      if (given) return given
    }
    if (question.ask === 'simulate') return this.#simulate(question.line)
    return { ok: false, error: 'not known to this script' }
  }

  #simulate(line: string): Answer {
    const [verb, name = ''] = line.split(' ')
    if (!this.#snapshot.hwms[name]) return { ok: false, error: `there is no HWM '${name}'` }
    if (verb === 'kill') this.kill(name)
    else if (verb === 'rescue') this.rescue(name)
    else return { ok: false, error: `the simulator does not know '${verb}'` }
    return { ok: true, value: verb === 'kill' ? `${name} has no power` : `${name} boots` }
  }
}

/** One screen's stream: patches one at a time, each after the one before was acknowledged. */
class Screen {
  readonly stream: Duplex
  readonly #cluster: ScriptedCluster
  #sent: ClusterSnapshot | undefined
  #search = 0
  #isWaiting = false
  #hasHello = false

  constructor(stream: Duplex, cluster: ScriptedCluster) {
    this.stream = stream
    this.#cluster = cluster
    readMessages(
      stream,
      message => this.#receive(message as ToEngine),
      problem => stream.destroy(problem),
    )
    stream.on('error', () => stream.destroy())
  }

  progress(progress: SolveProgress): void {
    this.#send({ type: 'progress', id: this.#search, progress })
  }

  offer(): void {
    if (this.#isWaiting || !this.#hasHello) return
    const { snapshot } = this.#cluster
    const patch: Patch | undefined = diff(this.#sent, snapshot)
    if (!patch) return
    this.#sent = snapshot
    this.#isWaiting = true
    this.#send({ type: 'patch', patch })
  }

  #receive(message: ToEngine): void {
    switch (message.type) {
      case 'hello':
        this.#hasHello = true
        this.#send({
          type: 'hello',
          protocol: PROTOCOL_VERSION,
          version: 'test',
          pid: 1,
          simulated: this.#cluster.isSimulated,
        })
        this.offer()
        return
      case 'ack':
        this.#isWaiting = false
        this.offer()
        return
      case 'enough':
      case 'drop':
        this.#cluster.searching?.(message.type)
        return
      case 'question':
        if (message.question.ask === 'solve' && this.#cluster.searching) {
          this.#search = message.id
          return
        }
        void this.#answer(message.id, message.question)
        return
      case 'looking-at':
        this.#cluster.lookedAt.push(
          message.item ? `${message.screen} ${message.item}` : message.screen,
        )
        return
      case 'bye':
        this.stream.end()
    }
  }

  /** At once, but for what the script answers later. */
  async #answer(id: number, question: Question): Promise<void> {
    const given = this.#cluster.answer(question)
    const answer = given instanceof Promise ? await given : given
    this.#send({ type: 'answer', id, answer })
  }

  #send(message: ToScreen): void {
    writeMessage(this.stream, message)
  }
}
