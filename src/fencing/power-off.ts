// Takes an HWM's power away and reads it back: only "off", read from the device after the command, is proof.
import { randomUUID } from 'node:crypto'
import type { FenceDevice } from '../model/cluster.ts'
import { pause, realClock, type Clock } from '../model/clock.ts'
import { fenceAgent } from './agent.ts'
import { FenceFailed, type FenceDevicePort } from './device.ts'
import { redfish } from './redfish.ts'

export type PowerOff =
  /** `id` names this reading; it is written on every permit that it moves. */
  | { readonly off: true; readonly device: string; readonly id: string }
  /** One line per device: what was tried and what came of it. The HWM may be on. */
  | { readonly off: false; readonly attempts: readonly string[] }

export interface PowerOffOptions {
  /** For one device, command and readings together, in ms. */
  readonly perDeviceMs?: number
  readonly signal?: AbortSignal
  readonly clock?: Clock
}

const PER_DEVICE_MS = 60_000
const READ_EVERY_MS = 500

export function openFenceDevice(config: FenceDevice): FenceDevicePort {
  return config.agent === 'redfish' ? redfish(config) : fenceAgent(config)
}

/** Tries the devices in the order given until one reads back `off`. Never throws for what a device does. */
export async function powerOff(
  devices: readonly FenceDevicePort[],
  options: PowerOffOptions = {},
): Promise<PowerOff> {
  const attempts: string[] = []
  for (const device of devices) {
    try {
      const why = await offAndReadBack(device, options)
      if (why === undefined) return { off: true, device: device.label, id: randomUUID() }
      attempts.push(`${device.label}: ${why}`)
    } catch (error) {
      if (!(error instanceof FenceFailed)) throw error
      attempts.push(error.message)
    }
  }
  return { off: false, attempts: attempts.length > 0 ? attempts : ['it has no fence device'] }
}

/** Undefined when off was read; else why not. */
async function offAndReadBack(
  device: FenceDevicePort,
  options: PowerOffOptions,
): Promise<string | undefined> {
  const { clock = realClock, perDeviceMs = PER_DEVICE_MS, signal } = options
  const call = { ...(signal !== undefined && { signal }) }
  const until = clock.now() + perDeviceMs
  await device.off(call)
  let last: string
  do {
    signal?.throwIfAborted()
    last = await device.power(call)
    if (last === 'off') return undefined
    await pause(clock, READ_EVERY_MS, signal)
  } while (clock.now() < until)
  return `still says '${last}' ${Math.round(perDeviceMs / 1000)} s after it was told to switch off`
}
