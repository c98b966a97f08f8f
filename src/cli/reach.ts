// The ways out of the process as they really are. What a way needs is loaded when it is first taken.
import type { SshConnections } from '../libvirt/ssh/connections.ts'
import type { RunOnHwm } from '../domains/store.ts'
import type { Context, Reach } from './context.ts'

export class WorldReach implements Reach, AsyncDisposable {
  #ssh: Promise<SshConnections> | undefined

  store: Reach['store'] = async (access, cluster) => {
    const { openEtcd } = await import('../etcd/client.ts')
    return openEtcd(access, cluster)
  }

  hypervisor: Reach['hypervisor'] = async (uri, options) => {
    const { openHypervisor } = await import('../libvirt/open.ts')
    return openHypervisor(uri, { ...options, ssh: await this.#connections() })
  }

  shell: Reach['shell'] = uri => {
    const runner = this.#shell(uri)
    return async (script, options) => (await runner)(script, options)
  }

  async #shell(uri: string): Promise<RunOnHwm> {
    const { runOn } = await import('../domains/run-over-ssh.ts')
    return runOn(uri, await this.#connections())
  }

  /** One for the whole command: libvirt and scripts share the connection to a host. */
  #connections(): Promise<SshConnections> {
    this.#ssh ??= import('../libvirt/ssh/connections.ts').then(
      module => new module.SshConnections(),
    )
    return this.#ssh
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#ssh)?.[Symbol.asyncDispose]()
  }
}

/** A hypervisor opened as a command's options want it. */
export function openForReading(context: Context, uri: string, timeoutMs: number) {
  return context.reach.hypervisor(uri, { readOnly: true, timeoutMs, signal: context.signal })
}
