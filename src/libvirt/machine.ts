// The port to one HWM's libvirt for those who change it: agents of operations, and commands. A connection for observing has none of this:
// there is no way from a Hypervisor to a Machine but to open one.
import type { CallOptions, DomainRef } from './hypervisor.ts'
import type { EmulatorQuery, InspectableHypervisor } from './inspection.ts'
import type { MigrationEnd } from './migration.ts'

export interface StartOptions extends CallOptions {
  /** Its CPUs do not run before `resume`: the permit is confirmed in between (SAFETY.md). */
  readonly paused: boolean
}

export interface UndefineOptions extends CallOptions {
  /** Also remove these, without which libvirt refuses to undefine a domain that has them. */
  readonly managedSave?: boolean
  /** Snapshots' metadata (the data stay). */
  readonly snapshots?: boolean
  /** Its file of UEFI variables; left out, libvirt refuses to undefine a domain that has one. */
  readonly nvram?: 'keep' | 'remove'
}

export interface Machine extends InspectableHypervisor, MigrationEnd {
  readonly readOnly: false
  /** XML. Changes nothing, but libvirt denies it to read-only connections, as it may start an emulator to ask it. */
  domainCapabilities(query: EmulatorQuery, options?: CallOptions): Promise<string>
  /** Makes or replaces the domain's persistent definition; libvirt checks the XML against its schema. */
  define(xml: string, options?: CallOptions): Promise<DomainRef>
  /** Makes and starts a domain that is gone once it stops. */
  createFromXml(xml: string, options: StartOptions): Promise<DomainRef>
  /** Starts a defined domain. */
  start(domain: DomainRef, options: StartOptions): Promise<void>
  /** Asks the guest to shut itself down; the answer says only that it was asked. */
  shutdown(domain: DomainRef, options?: CallOptions): Promise<void>
  /**
   * Ends the domain's QEMU. `graceful`: refuses (with an error) where only SIGKILL would help. That it returns is no proof that the
   * process is gone.
   */
  destroy(domain: DomainRef, options: CallOptions & { readonly graceful: boolean }): Promise<void>
  undefine(domain: DomainRef, options?: UndefineOptions): Promise<void>
  /** Stops its CPUs; the QEMU process stays. */
  suspend(domain: DomainRef, options?: CallOptions): Promise<void>
  resume(domain: DomainRef, options?: CallOptions): Promise<void>
  setAutostart(domain: DomainRef, autostart: boolean, options?: CallOptions): Promise<void>
  /**
   * Stores an element of our own in the domain's XML, under its namespace; `undefined` removes it. `where`: in its definition, which
   * stays, or in the running domain, or both.
   */
  setMetadata(
    domain: DomainRef,
    metadata: { readonly namespace: string; readonly prefix: string; readonly element?: string },
    where: 'definition' | 'running' | 'both',
    options?: CallOptions,
  ): Promise<void>
  /** Ends what libvirt does with the domain at the moment, a migration above all. */
  abortJob(domain: DomainRef, options?: CallOptions): Promise<void>
}
