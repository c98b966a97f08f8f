// Letting an HWM in again that was fenced: it answers, and nothing runs there whose permit is elsewhere. Until then nothing is sent to
// it, so that a proof of its death never outlives its return: whatever yasco starts there, it starts after the proof is gone.
import { unblock } from '../fencing/block-list.ts'
import type { ClusterSnapshot } from '../model/snapshot.ts'
import { barrierAgainst } from './barrier.ts'
import type { Ledger } from './ledger.ts'
import type { Reach } from './reach.ts'

const CALL_MS = 10_000

export interface LetInContext {
  readonly ledger: Ledger
  readonly reach: Reach
  readonly snapshot: () => ClusterSnapshot
}

/**
 * Takes the fence of `hwm` away, if there is one, and its entry on the storage's block-list. Gives the reason, in words, when that must not
 * be. Throws `LedgerRefused` while another acts there, `FenceFailed` when the storage does not let it in, and what libvirt throws when it
 * does not answer.
 */
export async function letIn(
  hwm: string,
  { ledger, reach, snapshot: now }: LetInContext,
): Promise<string | undefined> {
  if ((await ledger.fenceOf(hwm)) === undefined) return undefined
  const machine = await reach.machine(hwm, { timeoutMs: CALL_MS })
  for (const { name, state } of await machine.domains({ timeoutMs: CALL_MS })) {
    if (state === 'shutoff') continue
    const permit = await ledger.permitOf(name)
    if (permit !== undefined && permit.node !== hwm)
      return `${name} is ${state} on ${hwm} although its permit is with ${permit.node}: stop it there first`
  }
  await ledger.claimAgent(hwm)
  // It was restarted, or nothing of it runs: a QEMU that was cut off would not write again in any case.
  await barrierAgainst(hwm, hwm, now(), reach, unblock)
  await ledger.unfence(hwm)
  return undefined
}
