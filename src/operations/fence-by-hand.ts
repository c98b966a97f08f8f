// The fence devices of an HWM, asked or used by an operator. What it is read as off is recorded as proof.
import type { FenceDevicePort } from '../fencing/device.ts'
import { FenceFailed } from '../fencing/device.ts'
import { powerOff } from '../fencing/power-off.ts'
import type { Clock } from '../model/clock.ts'
import type { FenceDevice } from '../model/cluster.ts'
import type { ClusterSnapshot } from '../model/snapshot.ts'
import { NotCommitted, type Operations } from './operations.ts'

/** Opens what the cluster file names; the simulator has devices of its own. */
export type OpenDevice = (config: FenceDevice) => FenceDevicePort

export interface FenceByHandParts {
  readonly operations: Operations
  readonly clock: Clock
  readonly openDevice: OpenDevice
  snapshot(): ClusterSnapshot
}

/** For a reading that is only shown: whoever looks waits for it. */
const STATUS_MS = 12_000

export class FenceByHand {
  readonly #parts: FenceByHandParts
  /** Readings under way, by HWM: who asks meanwhile hears the same. */
  readonly #readings = new Map<string, Promise<string>>()

  constructor(parts: FenceByHandParts) {
    this.#parts = parts
  }

  devices(hwm: string): readonly FenceDevicePort[] {
    const configured = this.#parts.snapshot().hwms[hwm]?.config.fence ?? []
    return configured.map(device => this.#parts.openDevice(device))
  }

  /** One sentence about all of them. Throws `NotCommitted` where there is none. */
  status(hwm: string): Promise<string> {
    const reading =
      this.#readings.get(hwm) ?? this.#status(hwm).finally(() => this.#readings.delete(hwm))
    this.#readings.set(hwm, reading)
    return reading
  }

  async #status(hwm: string): Promise<string> {
    const devices = await this.#known(hwm)
    const readings = await Promise.all(
      devices.map(async device => {
        try {
          return `${device.label}: ${await device.power({ timeoutMs: STATUS_MS })}`
        } catch (error) {
          if (error instanceof FenceFailed) return error.message
          throw error
        }
      }),
    )
    return `${hwm}  ${readings.join('; ')}`
  }

  /** Off is read back. Throws `NotCommitted`, with what came of each device, when none did it. */
  async act(hwm: string, to: 'off' | 'on', why: string): Promise<string> {
    if (to === 'off') await this.#parts.operations.remember()
    const devices = await this.#known(hwm)
    if (to === 'on') return on(hwm, devices)
    const result = await powerOff(devices, { clock: this.#parts.clock })
    if (!result.off) throw new NotCommitted(`${hwm} could not be switched off`, result.attempts)
    await this.#parts.operations.declareOff(hwm, result, why)
    return `${hwm}: off, read back from ${result.device}`
  }

  async #known(hwm: string): Promise<readonly FenceDevicePort[]> {
    const configured = await this.#parts.operations.fenceDevices(hwm)
    const devices = configured.map(device => this.#parts.openDevice(device))
    if (devices.length === 0)
      throw new NotCommitted(`${hwm} has no fence device in the cluster file`)
    return devices
  }
}

async function on(hwm: string, devices: readonly FenceDevicePort[]): Promise<string> {
  const failures: string[] = []
  for (const device of devices) {
    try {
      await device.on()
      return `${hwm}: told to switch on, by ${device.label}`
    } catch (error) {
      if (!(error instanceof FenceFailed)) throw error
      failures.push(error.message)
    }
  }
  throw new NotCommitted(`${hwm} could not be switched on`, failures)
}
