// How often an engine asks an HWM, and from when on what it said is old: engine and screen go by the same figures.

/** Between two samples of an HWM that somebody looks at, ms. */
export const SAMPLE_MS = 5_000
/** What nobody looks at is sampled so that a large cluster costs about 50 samples a second, and none is older than half a minute. */
const SAMPLE_SHARE_MS = 20
const SLOWEST_SAMPLE_MS = 30_000

/** While an HWM is up its events keep its facts true, so `seenAt` may lag behind its last word by this much, ms. */
export const SEEN_LAG_MS = 5_000
/** An answer that takes long, the time until the picture of it is published. */
const SLACK_MS = 5_000

/** Between two samples of an HWM that nobody looks at, in a cluster of so many, ms. */
export function sampleEveryMs(hwms: number, sampleMs = SAMPLE_MS): number {
  return Math.min(Math.max(sampleMs, hwms * SAMPLE_SHARE_MS), Math.max(SLOWEST_SAMPLE_MS, sampleMs))
}

/** The age beyond which a fact of an HWM that is up is shown as old: a cluster of so many that is well never reaches it. ms. */
export function factLimitMs(hwms: number): number {
  return SEEN_LAG_MS + sampleEveryMs(hwms) + SLACK_MS
}
