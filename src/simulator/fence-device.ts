// The fence device of a made-up host: it takes the power away and gives it back, whatever the host itself does.
import type { Clock } from '../model/clock.ts'
import { pause } from '../model/clock.ts'
import type { FenceDevice } from '../model/cluster.ts'
import { FenceFailed, type FenceDevicePort, type Power } from '../fencing/device.ts'
import type { Simulation } from './simulation.ts'

/** A device on a network of its own answers after this. */
const ANSWERS_MS = 300

/** By the address that the configuration gives it: `10.0.1.112` is the device of the host `10.0.0.112`. */
export function simulatedDevice(
  simulation: Simulation,
  { agent, options }: FenceDevice,
): FenceDevicePort {
  const { clock } = simulation
  const ip = options['ip'] ?? ''
  const label = `${agent} ${ip}`
  const host = () => {
    const found = [...simulation.hosts.values()].find(
      ({ spec }) => deviceAddress(new URL(spec.uri).hostname) === ip,
    )
    if (found) return found
    throw new FenceFailed(label, 'no device has this address')
  }
  return {
    label,
    power: () => later(clock, (): Power => (host().hasPower ? 'on' : 'off')),
    off: () => later(clock, () => simulation.kill(host())),
    on: () => later(clock, () => simulation.rescue(host())),
  }
}

/** The device's own address, beside its host's. */
export function deviceAddress(host: string): string {
  return host.replace(/^10\.0\.0\./, '10.0.1.')
}

async function later<T>(clock: Clock, act: () => T): Promise<T> {
  await pause(clock, ANSWERS_MS)
  return act()
}
