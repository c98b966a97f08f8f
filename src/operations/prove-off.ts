// How a dead HWM is proved to be off before anything of it runs elsewhere: its fence device, or the operator's word against a last question to it.
import type { FenceDevicePort } from '../fencing/device.ts'
import { openFenceDevice, powerOff } from '../fencing/power-off.ts'
import { HypervisorRefused } from '../libvirt/errors.ts'
import { SshUnreachable } from '../libvirt/ssh/errors.ts'
import type { Clock } from '../model/clock.ts'
import type { FenceDevice } from '../model/cluster.ts'
import type { ClusterEvent, ClusterSnapshot, Proof } from '../model/snapshot.ts'
import type { Ledger } from './ledger.ts'
import { isSilence } from './look.ts'
import type { Reach } from './reach.ts'
import { NotCommitted, type Confirmation } from './wanted.ts'

/** For the last question to an HWM that the operator says is off; a living one on a local network is heard long before. */
const PROBE_MS = 1_500
const PROBE_FRESH_MS = 30_000

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

  /** Throws `NotCommitted` when the proof is not had. */
  async prove(hwm: string, { off, why }: Confirmation, ledger: Ledger): Promise<void> {
    const standing = await ledger.fenceOf(hwm)
    if (standing?.proof !== undefined && off === undefined) return
    if (off === undefined)
      throw new NotCommitted(
        `${hwm} is not proved to be off: say how you verified it, or have its fence device do it`,
      )
    const when = this.#options.today()
    if (off.by === 'word') {
      const answers = await this.#answers(hwm)
      if (answers !== undefined)
        throw new NotCommitted(`${hwm} is said to be off, but it answers: ${answers}`)
      await ledger.fence(hwm, why, { kind: "operator's word", id: off.how, when })
      this.#proved(hwm, `off by the operator's word: ${off.how}`)
      return
    }
    const devices = await this.#options.devicesOf(hwm)
    const open = this.#options.openDevice ?? openFenceDevice
    const result = await powerOff(devices.map(open), { clock: this.#options.clock })
    if (!result.off) throw new NotCommitted(`${hwm} could not be switched off`, result.attempts)
    await this.declareOff(hwm, result, why, ledger)
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
    const answers = reach.machine(hwm, { timeoutMs: PROBE_MS }).then(
      () => 'its libvirt lets us in',
      (error: unknown) => {
        // Who refuses us is not off either, nor who refuses the connection: some kernel did that.
        if (error instanceof HypervisorRefused) return error.message
        if (error instanceof SshUnreachable && error.why === 'refused') return error.message
        if (isSilence(error)) return shell
        throw error
      },
    )
    answers.catch(() => undefined)
    this.#probes.set(hwm, { at: clock.now(), answers })
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
