// What can be wanted of a cluster, and how it is confirmed.
import type { Limits } from '../model/operation.ts'

export type Wanted =
  | {
      readonly do: 'evacuate'
      readonly hwm: string
      /** More HWMs, dead as well: one plan for the failure of all of them. */
      readonly also?: readonly string[]
      readonly cold: boolean
      /** That these are off will be proved with the commit: planned as dead although nobody knows yet that they do not answer. */
      readonly off?: readonly string[]
    }
  | { readonly do: 'homecoming'; readonly hwm?: string; readonly staying?: readonly string[] }
  | {
      readonly do: 'migrate'
      readonly vm: string
      readonly to: string
      readonly cold: boolean
      /** More VMs, planned with it. */
      readonly also?: readonly string[]
    }
  | {
      readonly do: 'start'
      readonly vm: string
      readonly at?: string
      readonly also?: readonly string[]
    }
  | { readonly do: 'stop'; readonly vm: string; readonly also?: readonly string[] }
  | { readonly do: 'undo'; readonly operation: string }

/** How the operator knows, or finds out, that an HWM is off. */
export type OffProof =
  /** Their word: how they verified it, recorded as such. */
  | { readonly by: 'word'; readonly how: string }
  /** Its fence devices: switched off and read back. */
  | { readonly by: 'device' }

export type Asked = 'pause' | 'resume' | 'cancel' | 'retry'

export interface Confirmation {
  readonly why: string
  /** By HWM; one that was proved to be off before needs none. */
  readonly off?: Readonly<Record<string, OffProof>>
  /** VMs of the plan that are left out of it. */
  readonly without?: readonly string[]
  readonly limits?: Partial<Limits>
}

/** Not begun, with the reason; `lines` are the differences when the cluster changed since the plan. */
export class NotCommitted extends Error {
  override readonly name = 'NotCommitted'
  readonly lines: readonly string[]
  constructor(message: string, lines: readonly string[] = []) {
    super(message)
    this.lines = lines
  }
}
