// The port to a fence device: what can take an HWM's power away from outside, and say whether it is away.
// Commands are only asked for here; that an HWM is off is known by reading it back (power-off.ts).

/** `changing`: the device says that it is on its way. Neither that nor silence is off. */
export type Power = 'on' | 'off' | 'changing'

export interface FenceCallOptions {
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

/** Every method throws `FenceFailed` when the device does not do or answer what was asked, with the reason for people. */
export interface FenceDevicePort {
  /** For people and for the proof: `fence_ipmilan 10.0.1.112`. */
  readonly label: string
  power(options?: FenceCallOptions): Promise<Power>
  /** At once, never by a graceful shutdown, never as a reboot. An HWM that is off already is no failure. */
  off(options?: FenceCallOptions): Promise<void>
  on(options?: FenceCallOptions): Promise<void>
}

export class FenceFailed extends Error {
  override readonly name = 'FenceFailed'
  readonly device: string
  constructor(device: string, reason: string, options?: ErrorOptions) {
    super(`fence device ${device}: ${reason}`, options)
    this.device = device
  }
}
