// Letting an HWM in again that was fenced: it answers, and nothing runs there whose permit is elsewhere. Until then nothing is sent to
// it, so that a proof of its death never outlives its return: whatever yasco starts there, it starts after the proof is gone.
import type { Ledger } from './ledger.ts'
import type { Reach } from './reach.ts'

const CALL_MS = 10_000

/**
 * Takes the fence of `hwm` away, if there is one. Gives the reason, in words, when that must not be. Throws `LedgerRefused` while another
 * acts there, and what libvirt throws when it does not answer.
 */
export async function letIn(
  hwm: string,
  { ledger, reach }: { readonly ledger: Ledger; readonly reach: Reach },
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
  await ledger.unfence(hwm)
  return undefined
}
