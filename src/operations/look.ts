// Looks at one VM at every end that concerns a step, and makes the facts that the decision tables rest on.
import type { End } from '../control/facts.ts'
import { RunFailed, RunTimedOut } from '../domains/store.ts'
import { HypervisorRefused, HypervisorUnreachable, CallTimedOut } from '../libvirt/errors.ts'
import type { DomainRef, DomainStatus } from '../libvirt/hypervisor.ts'
import type { Reach } from './reach.ts'

const LOOK_MS = 5_000

export interface LookOptions {
  /** Who has the VM's permit now; decides how a paused copy is read. */
  readonly holder: string | undefined
  /** It was just made to go: its process is looked for at once, wherever it was. */
  readonly expectedGone?: boolean
  readonly signal?: AbortSignal
}

/**
 * One VM at one HWM. Whoever does not answer in time is unknown; that is a fact, not an error. Processes are looked for only where libvirt
 * says that there is none: its word that a VM is active is never doubted, its word that one is gone is.
 */
export async function lookAt(
  reach: Reach,
  hwm: string,
  domain: DomainRef,
  options: LookOptions,
): Promise<End> {
  const call = { timeoutMs: LOOK_MS, ...(options.signal && { signal: options.signal }) }
  const find = () => reach.process(hwm, domain.uuid, call)
  try {
    const machine = await reach.machine(hwm, call)
    // Where it is not expected, both questions go out at once.
    const early = options.holder === hwm && !options.expectedGone ? undefined : find()
    early?.catch(() => undefined)
    const status = await machine.domainState(domain, call)
    const isActive = status !== undefined && status.state !== 'shutoff'
    return {
      known: true,
      domain: status === undefined ? 'absent' : factOf(status, options.holder === hwm),
      process: isActive ? 'there' : await (early ?? find()),
      ownAccord: status?.state === 'shutoff' && status.reason === 'shutdown',
    }
  } catch (error) {
    options.signal?.throwIfAborted()
    if (isSilence(error) || error instanceof RunFailed || error instanceof RunTimedOut)
      return { known: false, why: error.message }
    throw error
  }
}

/** Whether an error says only that an HWM gave no answer. */
export function isSilence(error: unknown): error is Error {
  return (
    error instanceof HypervisorUnreachable ||
    error instanceof HypervisorRefused ||
    error instanceof CallTimedOut
  )
}

/**
 * A copy that is paused for a migration is the source, with all its state, where the permit is; elsewhere it is a destination that
 * still waits for data. Once whole, libvirt says it is paused by the user (flag *paused* of SAFETY.md).
 */
function factOf(
  status: Pick<DomainStatus, 'state' | 'reason'>,
  holdsPermit: boolean,
): Exclude<End, { known: false }>['domain'] {
  switch (status.state) {
    case 'running':
    case 'blocked':
    case 'shutdown':
      return 'running'
    case 'paused':
    case 'suspended':
      return !holdsPermit && (status.reason === 'migration' || status.reason === 'starting up')
        ? 'incoming'
        : 'held'
    case 'shutoff':
      return 'off'
    case 'crashed':
      return 'crashed'
    case 'unknown':
      throw new HypervisorUnreachable(`libvirt does not know the state of the domain`)
  }
}
