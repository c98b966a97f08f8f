// How dead HWMs are proved to be off before anything of them runs elsewhere: their fence devices, or the operator's word against a last
// question to each.
import type { FenceDevicePort } from '../fencing/device.ts'
import { openFenceDevice, powerOff } from '../fencing/power-off.ts'
import { HypervisorRefused } from '../libvirt/errors.ts'
import { SshUnreachable } from '../libvirt/ssh/errors.ts'
import type { Clock } from '../model/clock.ts'
import type { FenceDevice } from '../model/cluster.ts'
import type { ClusterEvent, ClusterSnapshot, Proof } from '../model/snapshot.ts'
import { LedgerRefused } from './ledger-values.ts'
import type { Ledger } from './ledger.ts'
import { isSilence } from './look.ts'
import type { Reach } from './reach.ts'
import { NotCommitted, type Confirmation } from './wanted.ts'

/** For the last question to an HWM that the operator says is off; a living one on a local network is heard long before. */
const PROBE_MS = 1_500
const PROBE_FRESH_MS = 30_000

/** By what each HWM will be proved to be off, once nothing stands against any of them. Those with a standing proof are not in it. */
export interface OffPlan {
  readonly byDevice: ReadonlyMap<string, readonly FenceDevice[]>
  /** How the operator verified it. */
  readonly byWord: ReadonlyMap<string, string>
}

interface OffProofsOptions {
  readonly reach: Reach
  readonly clock: Clock
  snapshot(): ClusterSnapshot
  report(event: Pick<ClusterEvent, 'level' | 'about' | 'what'>): void
  devicesOf(hwm: string): Promise<readonly FenceDevice[]>
  /** The time of day, as it is recorded. */
  today(): string
  /** Left out: the real ones. */
  readonly openDevice?: (config: FenceDevice) => FenceDevicePort
}

export class OffProofs {
  readonly #options: OffProofsOptions
  readonly #probes = new Map<
    string,
    { readonly at: number; readonly answers: Promise<string | undefined> }
  >()

  constructor(options: OffProofsOptions) {
    this.#options = options
  }

  /** Records that a fence device was read as off: the proof that lets its VMs restart elsewhere. */
  async declareOff(
    hwm: string,
    { device, id }: { readonly device: string; readonly id: string },
    why: string,
    ledger: Ledger,
  ): Promise<void> {
    const proof: Proof = { kind: 'power-off read back', id, when: this.#options.today() }
    await ledger.fence(hwm, why, proof)
    this.#proved(hwm, `off, read back from ${device}`)
  }

  /**
   * Everything that can stand against these proofs, for each HWM, before any of them is acted on: one without a proof, one that is said to be
   * off and answers, one to be switched off that has no device. Throws `NotCommitted` with all that was found; nothing was done.
   */
  async examine(
    hwms: readonly string[],
    { off = {} }: Pick<Confirmation, 'off'>,
    ledger: Ledger,
  ): Promise<OffPlan> {
    const byDevice = new Map<string, readonly FenceDevice[]>()
    const byWord = new Map<string, string>()
    const examined = hwms.map(async (hwm): Promise<NotCommitted | undefined> => {
      const proof = off[hwm]
      if (proof === undefined) {
        const isProved = (await ledger.fenceOf(hwm))?.proof !== undefined
        return isProved
          ? undefined
          : new NotCommitted(
              `${hwm} is not proved to be off: say how you verified it, or have its fence device do it`,
            )
      }
      if (proof.by === 'word') {
        byWord.set(hwm, proof.how)
        return this.#denial(hwm)
      }
      const devices = await this.#options.devicesOf(hwm)
      byDevice.set(hwm, devices)
      return devices.length > 0
        ? undefined
        : new NotCommitted(`${hwm} could not be switched off`, ['it has no fence device'])
    })
    const found = (await Promise.all(examined)).filter(each => each !== undefined)
    const [first] = found
    if (first === undefined) return { byDevice, byWord }
    if (found.length === 1) throw first
    const lines = found.flatMap(each => [each.message, ...each.lines])
    throw new NotCommitted(`${found.length} HWMs are not proved to be off: nothing was done`, lines)
  }

  /**
   * First the fence devices, all at once, then the words. Resolves with what was recorded, a sentence each. Throws `NotCommitted` when one was
   * not had, with what is off all the same: that stays off, and is recorded as proved.
   */
  async prove({ byDevice, byWord }: OffPlan, why: string, ledger: Ledger): Promise<string[]> {
    const done = await this.#switchOff(byDevice, why, ledger)
    for (const [hwm, how] of byWord) {
      // Devices take their time, and meanwhile one that is said to be off may have come back.
      const denial = done.length > 0 ? await this.#denial(hwm) : undefined
      if (denial !== undefined) throw new NotCommitted(denial.message, done)
      const when = this.#options.today()
      try {
        await ledger.fence(hwm, why, { kind: "operator's word", id: how, when })
      } catch (error) {
        if (!(error instanceof Error)) throw error
        // Whatever it was: what is off by now is told with it.
        if (error instanceof LedgerRefused || done.length > 0)
          throw new NotCommitted(error.message, done)
        throw error
      }
      this.#proved(hwm, `off by the operator's word: ${how}`)
      done.push(`${hwm} is recorded as off, by the operator's word`)
    }
    return done
  }

  async #switchOff(byDevice: OffPlan['byDevice'], why: string, ledger: Ledger): Promise<string[]> {
    const done: string[] = []
    const failed: { readonly hwm: string; readonly lines: readonly string[] }[] = []
    const switched = [...byDevice].map(async ([hwm, devices]) => {
      try {
        const open = this.#options.openDevice ?? openFenceDevice
        const result = await powerOff(devices.map(open), { clock: this.#options.clock })
        if (!result.off) {
          failed.push({ hwm, lines: result.attempts })
          return
        }
        await this.declareOff(hwm, result, why, ledger)
        done.push(`${hwm} is off, read back from ${result.device}: it stays off, and is recorded`)
      } catch (error) {
        // The others go on: whatever it was, it is told beside what they came to.
        failed.push({ hwm, lines: [error instanceof Error ? error.message : String(error)] })
      }
    })
    await Promise.all(switched)
    if (failed.length === 0) return done
    const names = failed.map(({ hwm }) => hwm)
    const isOne = byDevice.size === 1
    throw new NotCommitted(`${names.join(', ')} could not be switched off`, [
      ...failed.flatMap(({ hwm, lines }) => lines.map(each => (isOne ? each : `${hwm}: ${each}`))),
      ...done,
    ])
  }

  async #denial(hwm: string): Promise<NotCommitted | undefined> {
    const answers = await this.#answers(hwm)
    return answers === undefined
      ? undefined
      : new NotCommitted(`${hwm} is said to be off, but it answers: ${answers}`)
  }

  #proved(hwm: string, what: string): void {
    this.#options.report({ level: 'warn', about: `hwm:${hwm}`, what: `${hwm}: ${what}` })
  }

  /** Begins to find out whether an HWM answers after all, while its plan is read. */
  probe(hwm: string): Promise<string | undefined> {
    const { clock, reach } = this.#options
    const known = this.#probes.get(hwm)
    if (known !== undefined && clock.now() - known.at < PROBE_FRESH_MS) return known.answers
    // A libvirt that hangs has QEMUs that run: whoever lets us in by SSH is not off.
    const shell = reach
      .shell(hwm)?.('exit 0', { timeoutMs: PROBE_MS })
      .then(
        () => 'its sshd lets us in',
        () => undefined,
      )
    // A connection of its own: one that is open since before it died is still there, until its keepalive has found out.
    const answers = reach.ownMachine(hwm, { timeoutMs: PROBE_MS }).then(
      async machine => {
        await machine[Symbol.asyncDispose]()
        return 'its libvirt lets us in'
      },
      (error: unknown) => {
        // Who refuses us is not off either, nor who refuses the connection: some kernel did that.
        if (error instanceof HypervisorRefused) return error.message
        if (error instanceof SshUnreachable && error.why === 'refused') return error.message
        if (isSilence(error)) return shell
        throw error
      },
    )
    const probe = { at: clock.now(), answers }
    this.#probes.set(hwm, probe)
    // Only its silence is worth keeping: who answered, or broke our question, is asked again the next time.
    const forget = () => {
      if (this.#probes.get(hwm) === probe) this.#probes.delete(hwm)
    }
    answers.then(heard => (heard === undefined ? undefined : forget()), forget)
    return answers
  }

  /** How an HWM shows that it is alive, in words; undefined when nothing is heard of it. */
  async #answers(hwm: string): Promise<string | undefined> {
    const view = this.#options.snapshot().hwms[hwm]
    if (view?.state === 'up') return 'its libvirt does'
    if (view?.state === 'refused') return view.reason
    // The first attempt to reach it is under way, and has been for longer than a probe would take.
    const waited = this.#options.clock.now() - (view?.since ?? Number.POSITIVE_INFINITY)
    if (view?.state === 'connecting' && waited > PROBE_MS) return undefined
    return this.probe(hwm)
  }
}
