// Who may run and act, as etcd says: permits of VMs, fences and agents of HWMs. For the eye; whoever acts reads them in its transaction.
import { agentValue, decode, fenceValue, permitValue, prefixes } from '../etcd/layout.ts'
import type { Change } from '../etcd/store.ts'
import type { AgentView, FenceView, PermitView } from '../model/snapshot.ts'

/** Whose view a change makes anew. */
export interface Concerned {
  readonly kind: 'hwm' | 'vm'
  readonly name: string
}

export class Rights {
  readonly #permits = new Map<string, PermitView>()
  readonly #fences = new Map<string, FenceView>()
  readonly #agents = new Map<string, AgentView>()

  permit(vm: string): PermitView | undefined {
    return this.#permits.get(vm)
  }

  fence(hwm: string): FenceView | undefined {
    return this.#fences.get(hwm)
  }

  agent(hwm: string): AgentView | undefined {
    return this.#agents.get(hwm)
  }

  /** Undefined: the key is none of these. */
  take(change: Change): Concerned | undefined {
    const key = change.type === 'put' ? change.kv.key : change.key
    if (key.startsWith(prefixes.permits)) {
      const name = key.slice(prefixes.permits.length)
      put(this.#permits, name, read(permitValue, change))
      return { kind: 'vm', name }
    }
    if (key.startsWith(prefixes.fences)) {
      const name = key.slice(prefixes.fences.length)
      put(this.#fences, name, read(fenceValue, change))
      return { kind: 'hwm', name }
    }
    if (key.startsWith(prefixes.agents)) {
      const name = key.slice(prefixes.agents.length)
      put(this.#agents, name, read(agentValue, change))
      return { kind: 'hwm', name }
    }
    return undefined
  }
}

/** What cannot be read is not shown; whoever needs it to act refuses by itself. */
function read<S extends Parameters<typeof decode>[0]>(schema: S, change: Change) {
  if (change.type === 'delete') return undefined
  const decoded = decode(schema, change.kv)
  return 'bad' in decoded ? undefined : decoded.value
}

function put<T>(entries: Map<string, T>, name: string, value: T | undefined): void {
  if (value === undefined) entries.delete(name)
  else entries.set(name, value)
}
