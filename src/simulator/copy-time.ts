// How long made-up copies take.
import type { GuestSpec } from './host.ts'

/** A copy of a guest's memory over 10 Gbit/s, with a little before and after. */
const MIGRATION_MS = { base: 800, perGib: 900 }

/** Bytes per second, about. */
export const COPY_RATE = 2 ** 30

/** For the copy of a guest's memory, in ms. */
export function copyTimeMs(guest: GuestSpec): number {
  return MIGRATION_MS.base + (MIGRATION_MS.perGib * guest.memory) / 2 ** 30
}
