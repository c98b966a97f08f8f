// What is wrong with a host's fence device. Kept in the lab's folder, read by the device at each request.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { HostLayout } from './layout.ts'

/** Nothing of it: the device is in order. */
export interface DeviceFault {
  /** Takes connections, and never answers: it lost its power together with its host. */
  readonly silent?: boolean
  /** Answers every command with an internal error. */
  readonly refuses?: boolean
  /** Says yes to every command, and does nothing. */
  readonly ignores?: boolean
  /** Takes so long for every answer. */
  readonly slowMs?: number
  /** Shows PoweringOff for so long before the power is off. */
  readonly transitionMs?: number
  /** Its cables go to this host instead: the UUID it shows, the power it switches. */
  readonly wiredTo?: string
}

function faultFile(host: HostLayout): string {
  return join(host.folder, 'device.json')
}

export function readDeviceFault(host: HostLayout): DeviceFault {
  const file = faultFile(host)
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as DeviceFault) : {}
}

export function writeDeviceFault(host: HostLayout, fault: DeviceFault): void {
  if (Object.keys(fault).length === 0) rmSync(faultFile(host), { force: true })
  else writeFileSync(faultFile(host), JSON.stringify(fault))
}
