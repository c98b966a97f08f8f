// The port for changing an HWM (machine.ts) over one RPC connection.
import type { RpcConnection } from './connection.ts'
import { LibvirtError } from './errors.ts'
import type { CallOptions, DomainRef } from './hypervisor.ts'
import type { EmulatorQuery } from './inspection.ts'
import type { Machine, StartOptions, UndefineOptions } from './machine.ts'
import type {
  Begun,
  Cookie,
  Finished,
  MigrationSettings,
  Moved,
  Prepared,
  Settled,
} from './migration.ts'
import { migrationFlags, migrationParameters } from './migration-wire.ts'
import { emulatorArgs, RemoteInspection } from './remote-inspection.ts'
import { handle, isNoDomain } from './remote.ts'
import { connection, domains, migration } from './wire/procedures.ts'

const START_PAUSED = 1
const DEFINE_VALIDATE = 1
const DESTROY_GRACEFUL = 1
const UNDEFINE_MANAGED_SAVE = 1
const UNDEFINE_SNAPSHOTS = 2
const UNDEFINE_NVRAM = 4
const UNDEFINE_KEEP_NVRAM = 8
const METADATA_ELEMENT = 2
const AFFECT = { running: 1, definition: 2, both: 3 } as const
/** Finish went well, only its answer did not. */
const MIGRATE_FINISH_OK = 93
/** Parts of libvirt that report a broken connection of its own: what was asked may have been done all the same. */
const FROM_RPC = 7
const FROM_REMOTE = 13
const NO_COOKIE: Cookie = new Uint8Array()

export class RemoteMachine extends RemoteInspection implements Machine {
  override readonly readOnly = false

  constructor(connected: RpcConnection) {
    super(connected, false)
  }

  async domainCapabilities(query: EmulatorQuery, options?: CallOptions): Promise<string> {
    const args = { ...emulatorArgs(query), flags: 0 }
    return (await this.connection.call(connection.domainCapabilities, args, options)).xml
  }

  async define(xml: string, options?: CallOptions): Promise<DomainRef> {
    const args = { xml, flags: DEFINE_VALIDATE }
    return reference(await this.connection.call(domains.define, args, options))
  }

  async createFromXml(xml: string, options: StartOptions): Promise<DomainRef> {
    const args = { xml, flags: options.paused ? START_PAUSED : 0 }
    return reference(await this.connection.call(domains.createXml, args, options))
  }

  async start(domain: DomainRef, options: StartOptions): Promise<void> {
    const args = { dom: handle(domain), flags: options.paused ? START_PAUSED : 0 }
    await this.connection.call(domains.create, args, options)
  }

  async shutdown(domain: DomainRef, options?: CallOptions): Promise<void> {
    await this.connection.call(domains.shutdown, { dom: handle(domain), flags: 0 }, options)
  }

  async destroy(
    domain: DomainRef,
    options: CallOptions & { readonly graceful: boolean },
  ): Promise<void> {
    const flags = options.graceful ? DESTROY_GRACEFUL : 0
    await this.connection.call(domains.destroy, { dom: handle(domain), flags }, options)
  }

  async undefine(domain: DomainRef, options: UndefineOptions = {}): Promise<void> {
    const flags =
      (options.managedSave === true ? UNDEFINE_MANAGED_SAVE : 0) |
      (options.snapshots === true ? UNDEFINE_SNAPSHOTS : 0) |
      (options.nvram === 'remove' ? UNDEFINE_NVRAM : 0) |
      (options.nvram === 'keep' ? UNDEFINE_KEEP_NVRAM : 0)
    await this.connection.call(domains.undefine, { dom: handle(domain), flags }, options)
  }

  async suspend(domain: DomainRef, options?: CallOptions): Promise<void> {
    await this.connection.call(domains.suspend, { dom: handle(domain) }, options)
  }

  async resume(domain: DomainRef, options?: CallOptions): Promise<void> {
    await this.connection.call(domains.resume, { dom: handle(domain) }, options)
  }

  async setAutostart(domain: DomainRef, autostart: boolean, options?: CallOptions): Promise<void> {
    await this.connection.call(domains.setAutostart, { dom: handle(domain), autostart }, options)
  }

  async setMetadata(
    domain: DomainRef,
    metadata: { readonly namespace: string; readonly prefix: string; readonly element?: string },
    where: keyof typeof AFFECT,
    options?: CallOptions,
  ): Promise<void> {
    const args = {
      dom: handle(domain),
      type: METADATA_ELEMENT,
      metadata: metadata.element,
      key: metadata.element === undefined ? undefined : metadata.prefix,
      uri: metadata.namespace,
      flags: AFFECT[where],
    }
    await this.connection.call(domains.setMetadata, args, options)
  }

  async abortJob(domain: DomainRef, options?: CallOptions): Promise<void> {
    await this.connection.call(domains.abortJob, { dom: handle(domain) }, options)
  }

  async migrationBegin(
    domain: DomainRef,
    settings: MigrationSettings,
    options?: CallOptions,
  ): Promise<Begun> {
    const args = {
      dom: handle(domain),
      params: migrationParameters(settings),
      flags: migrationFlags(settings, 'source'),
    }
    return this.connection.call(migration.begin, args, options)
  }

  async migrationPrepare(
    domain: DomainRef,
    settings: MigrationSettings,
    begun: Begun,
    options?: CallOptions,
  ): Promise<Prepared> {
    const args = {
      params: migrationParameters(named(domain, settings), { destinationXml: begun.xml }),
      cookie: begun.cookie,
      flags: migrationFlags(settings, 'destination'),
    }
    return this.connection.call(migration.prepare, args, options)
  }

  async migrationPerform(
    domain: DomainRef,
    settings: MigrationSettings,
    prepared: Prepared,
    options?: CallOptions,
  ): Promise<Cookie> {
    const args = {
      dom: handle(domain),
      destination: undefined,
      params: migrationParameters(settings, { migrateUri: prepared.uri }),
      cookie: prepared.cookie,
      flags: migrationFlags(settings, 'source'),
    }
    return (await this.connection.call(migration.perform, args, options)).cookie
  }

  async migrationFinish(
    domain: DomainRef,
    settings: MigrationSettings,
    cookie: Cookie,
    options?: CallOptions,
  ): Promise<Finished> {
    try {
      const finished = await this.#finish(domain, settings, cookie, false, options)
      return { outcome: 'arrived', domain: reference(finished), cookie: finished.cookie }
    } catch (error) {
      if (error instanceof LibvirtError && error.code === MIGRATE_FINISH_OK)
        return { outcome: 'arrived', domain, cookie: NO_COOKIE }
      return failedOrUnknown(error)
    }
  }

  async migrationAbandon(
    domain: DomainRef,
    settings: MigrationSettings,
    cookie: Cookie,
    options?: CallOptions,
  ): Promise<Settled> {
    try {
      await this.#finish(domain, settings, cookie, true, options)
      const error = new Error(`the destination went on with '${domain.name}' though told not to`)
      return { outcome: 'unknown', error }
    } catch (error) {
      // A finish that is told to cancel has no domain to answer with: it reports an error in any case. What is there is the answer.
      const refused = failedOrUnknown(error)
      if (refused.outcome === 'unknown') return refused
      return this.#isGone(domain, refused, options)
    }
  }

  async #isGone(
    domain: DomainRef,
    refused: Settled & { outcome: 'failed' },
    options?: CallOptions,
  ): Promise<Settled> {
    try {
      const there = await this.domainState(domain, options)
      return there === undefined || there.state === 'shutoff' ? { outcome: 'done' } : refused
    } catch (error) {
      return failedOrUnknown(error)
    }
  }

  #finish(
    domain: DomainRef,
    settings: MigrationSettings,
    cookie: Cookie,
    cancelled: boolean,
    options?: CallOptions,
  ): Promise<{ dom: { name: string; uuid: string }; cookie: Cookie }> {
    const args = {
      params: migrationParameters(named(domain, settings)),
      cookie,
      flags: migrationFlags(settings, 'destination'),
      cancelled,
    }
    return this.connection.call(migration.finish, args, options)
  }

  migrationConfirm(
    domain: DomainRef,
    settings: MigrationSettings,
    cookie: Cookie,
    options?: CallOptions,
  ): Promise<Settled> {
    return this.#confirm(domain, settings, cookie, false, options)
  }

  migrationRollBack(
    domain: DomainRef,
    settings: MigrationSettings,
    options?: CallOptions,
  ): Promise<Settled> {
    return this.#confirm(domain, settings, NO_COOKIE, true, options)
  }

  async #confirm(
    domain: DomainRef,
    settings: MigrationSettings,
    cookie: Cookie,
    cancelled: boolean,
    options?: CallOptions,
  ): Promise<Settled> {
    const args = {
      dom: handle(domain),
      params: migrationParameters(settings),
      cookie,
      flags: migrationFlags(settings, 'source'),
      cancelled,
    }
    try {
      await this.connection.call(migration.confirm, args, options)
      return { outcome: 'done' }
    } catch (error) {
      return failedOrUnknown(error)
    }
  }

  async migratePeerToPeer(
    domain: DomainRef,
    destinationUri: string,
    settings: MigrationSettings,
    options?: CallOptions,
  ): Promise<Moved> {
    const args = {
      dom: handle(domain),
      destination: destinationUri,
      params: migrationParameters(settings),
      cookie: NO_COOKIE,
      flags: migrationFlags(settings, 'peer to peer'),
    }
    try {
      await this.connection.call(migration.perform, args, options)
      return { outcome: 'arrived' }
    } catch (error) {
      const said = failedOrUnknown(error)
      // The source's libvirtd may have failed at any point of it, and words like *connection lost* may be about the destination.
      if (!(error instanceof LibvirtError)) return said
      const here = await this.domainState(domain, options).catch(() => undefined)
      const runsOn = here?.state === 'running' || here?.state === 'blocked'
      return { outcome: runsOn ? 'failed' : 'unknown', error }
    }
  }

  async startPostCopy(domain: DomainRef, options?: CallOptions): Promise<void> {
    await this.connection.call(domains.startPostCopy, { dom: handle(domain), flags: 0 }, options)
  }

  async setMigrationSpeed(
    domain: DomainRef,
    mibPerSecond: number,
    options?: CallOptions,
  ): Promise<void> {
    const args = { dom: handle(domain), mibPerSecond: BigInt(mibPerSecond), flags: 0 }
    await this.connection.call(domains.setMaxSpeed, args, options)
  }

  async setMigrationDowntime(
    domain: DomainRef,
    milliseconds: number,
    options?: CallOptions,
  ): Promise<void> {
    const args = { dom: handle(domain), downtimeMs: BigInt(milliseconds), flags: 0 }
    await this.connection.call(domains.setMaxDowntime, args, options)
  }
}

function reference({ dom }: { dom: DomainRef }): DomainRef {
  return { name: dom.name, uuid: dom.uuid }
}

/** The destination finds the domain by this name; libvirt's own client adds it, too. */
function named(domain: DomainRef, settings: MigrationSettings): MigrationSettings {
  return { ...settings, destinationName: settings.destinationName ?? domain.name }
}

/** What an error tells of what was asked: libvirt refused, or nobody knows whether it was done. */
function failedOrUnknown(
  error: unknown,
): { outcome: 'failed'; error: Error } | { outcome: 'unknown'; error: Error } {
  if (!(error instanceof Error)) throw error
  const answered =
    error instanceof LibvirtError &&
    (isNoDomain(error) || (error.domain !== FROM_RPC && error.domain !== FROM_REMOTE))
  return { outcome: answered ? 'failed' : 'unknown', error }
}
