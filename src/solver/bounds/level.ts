// What X failures take at least from HWMs of given sizes, in one dimension: HAVMs of the failed, and the spare room that fails with them. An HWM
// that fails takes C - P with it; plain VMs wait for it, so they make it cheap to lose. They lower it most when they fill the largest HWMs
// down to one level.

/** HWMs of one size. */
export interface Sized {
  readonly size: number
  readonly count: number
}

/**
 * The level: what is above it on all HWMs together is as much as the plain VMs ask for. `sizes`: largest first. No map makes the
 * X largest C - P less in sum than they are when every HWM is cut at the level.
 */
function levelOf(sizes: readonly Sized[], plain: number): number {
  let sum = 0
  let count = 0
  for (const [k, each] of sizes.entries()) {
    sum += each.size * each.count
    count += each.count
    const next = sizes[k + 1]?.size ?? 0
    if (sum - next * count >= plain) return (sum - plain) / count
  }
  return 0
}

/**
 * Whether HWMs of these sizes, largest first, may hold `plain` and `ha` in all and lose any `tolerate` of them, as far as volume tells: what
 * the X largest take with them must not be more than all spare room (T2).
 */
export function isEnoughAtLevel(
  sizes: readonly Sized[],
  plain: number,
  ha: number,
  tolerate: number,
): boolean {
  return shareAtLevel(sizes, plain, ha, tolerate) >= 1
}

/** How much spare room there is for what the X largest take with them, as a share of that; below 1: too little. */
export function shareAtLevel(
  sizes: readonly Sized[],
  plain: number,
  ha: number,
  tolerate: number,
): number {
  let all = 0
  for (const { size, count } of sizes) all += size * count
  const spare = all - plain - ha
  const slack = all * 1e-12
  if (spare < -slack) return spare / Math.max(all, 1)
  if (tolerate === 0 || ha === 0) return all / Math.max(plain + ha, Number.MIN_VALUE)
  const level = levelOf(sizes, plain)
  let left = tolerate
  let lost = 0
  for (const { size, count } of sizes) {
    lost += Math.min(size, level) * Math.min(left, count)
    left -= Math.min(left, count)
    if (left === 0) break
  }
  // HAVMs with nowhere to go.
  if (left > 0) return 0
  return (spare + slack) / Math.max(lost, Number.MIN_VALUE)
}
