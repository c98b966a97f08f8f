// T7 with prices in place of volume. By a relaxation's prices no HWM holds more than one. When X of K equal HWMs fail, the K - X others hold all HAVMs and the
// plain VMs that were theirs; summed over all sets of X, with A the worth of all HAVMs and B that of plain VMs: A + B (1 - X / K) <= K - X.
import type { Budget } from '../budget.ts'
import type { Compiled } from '../compile.ts'
import { freed } from '../packing/freed.ts'
import { type Items, isUniform } from '../packing/packing.ts'
import { Rounding } from '../packing/rounding.ts'
import { seeded } from '../random.ts'

/** Fewest HWMs that can survive `tolerate` failures; 0 where columns say nothing. `where`: any packing, to begin from. */
export function pricedResilientBound(
  compiled: Compiled,
  { packing, vmsOf }: Items,
  tolerate: number,
  where: Int32Array,
  budget: Budget,
): number {
  const free = freed(packing)
  const isAll = compiled.ha.every(flag => flag === 1)
  if (!(isAll || isUniform(free)) || !Rounding.suits(free)) return 0
  const rounding = new Rounding(free, seeded(1))
  rounding.relax(where, Infinity, budget)
  // Whatever fails, all HAVMs are on the others: where there is nothing else, X more than a packing needs.
  const least = rounding.bound + (isAll ? tolerate : 0)
  const { proof } = rounding
  if (proof === undefined || !isUniform(free)) return least
  let [all, ha] = [0, 0]
  proof.worth.forEach((worth, i) => {
    all += worth
    // Of an item with both, the part that restarts has no price of its own.
    if (vmsOf[i]!.every(v => compiled.ha[v] === 1)) ha += worth
  })
  const plain = all - ha
  for (let count = Math.max(least, tolerate + 1); ; count++) {
    // Of fewer HWMs than failure units no more than so many can fail.
    const units = Math.min(count, compiled.units.length)
    if ((count * proof.scale - plain) * (units - tolerate) >= ha * units * (1 - 1e-9)) return count
    if (count > packing.bins) return count
  }
}
