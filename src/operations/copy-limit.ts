// How long the copy of one VM may take before it is called too slow.
import type { Resources } from '../model/resources.ts'

/** Bytes per second that a copy makes at the very least: less than half of a gigabit line. */
const SLOWEST = 50_000_000
const AT_LEAST_MS = 120_000

/** In ms: two minutes, and the time its memory takes three times over on a slow line (or at the bandwidth it is limited to, in bytes per second). */
export function copyLimitMs(demand: Resources | undefined, bandwidth: number | undefined): number {
  const rate = Math.min(bandwidth ?? SLOWEST, SLOWEST)
  return AT_LEAST_MS + Math.ceil((3 * (demand?.['ram'] ?? 0) * 1000) / rate)
}
