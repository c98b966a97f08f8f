// How operations reach the HWMs they act on: libvirt's writable connections, a look at the processes, the domain store as that HWM reads it.
import type { CallOptions } from '../libvirt/hypervisor.ts'
import type { Machine } from '../libvirt/machine.ts'
import type { RunOnHwm } from '../domains/store.ts'

/** A port: over libvirt and SSH (reach-libvirt.ts), or made up by the simulator. Errors as told in libvirt/errors.ts. */
export interface Reach extends AsyncDisposable {
  /** For short calls: one connection per HWM, shared, opened anew when it was lost. */
  machine(hwm: string, options?: CallOptions): Promise<Machine>
  /** For a migration: libvirt ties its phases to the connection they came by, so it gets one to itself. The caller disposes of it. */
  ownMachine(hwm: string, options?: CallOptions): Promise<Machine>
  /** Whether a QEMU of this domain exists there; `unseen` where one cannot look (TCP, TLS). */
  process(hwm: string, uuid: string, options?: CallOptions): Promise<'gone' | 'there' | 'unseen'>
  /**
   * Notes the QEMUs that this domain has there now, so that their end is seen without delay; undefined where one cannot look, or none is
   * seen. The caller ends it with its last question.
   */
  noteProcesses(
    hwm: string,
    uuid: string,
    options?: CallOptions,
  ): Promise<NotedProcesses | undefined>
  /** Runs small scripts there, for what libvirt cannot be asked; undefined where there is no shell. */
  shell(hwm: string): RunOnHwm | undefined
  /** The VM's XML from the domain store, as this HWM reads it, or from its own copy when the store hangs; undefined: there is none. */
  storedXml(hwm: string, vm: string, options?: CallOptions): Promise<string | undefined>
}

/** QEMUs of one domain on one HWM, by pid and start time. */
export interface NotedProcesses {
  /** Resolves with true as soon as none of them exists; with false when that is not so within the time. */
  vanished(options: { readonly timeoutMs: number } & CallOptions): Promise<boolean>
}
