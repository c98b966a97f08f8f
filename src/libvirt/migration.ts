// Live migration as its single phases, so that an operation can write its journal between them, and as the one call of peer to peer.
// Which phase runs where, and what a failure of each leaves behind, is what SAFETY.md (*Moving a running VM*) rests on.
import type { CallOptions, DomainRef } from './hypervisor.ts'

/** What two libvirts tell each other through us. Passed on as it is; can be stored between phases. */
export type Cookie = Uint8Array

export interface MigrationSettings {
  /** Domain's name at the destination: as at the source unless told. */
  readonly destinationName?: string
  /** The address guest memory is sent to, e.g. `tcp://10.0.2.109`; the destination names one itself if left out. */
  readonly migrateUri?: string
  /** Where the destination's QEMU listens. */
  readonly listenAddress?: string
  /** MiB/s. */
  readonly bandwidth?: number
  /** The domain is defined at the destination, too: it stays known there when it is shut off. */
  readonly persistDestination: boolean
  /** The source's definition goes when the source's QEMU goes. */
  readonly undefineSource: boolean
  /** libvirt thinks the disks are not safe to share and we know better (the cluster's setting, never a default). */
  readonly unsafe?: boolean
  /** Slows the guest down when it dirties memory faster than it can be sent. */
  readonly autoConverge?: boolean
  /** May be switched to post-copy later; then a lost link is a lost guest. */
  readonly postCopy?: boolean
  /** Connections in parallel; one stream when left out. */
  readonly parallel?: number
  /** Copies the disks too, as nothing shares them. */
  readonly copyDisks?: boolean
  /** The XML that the destination shall use for the running domain, and for its definition. */
  readonly destinationXml?: string
  readonly persistentXml?: string
}

/** What *begin* found out: needed by all later phases. */
export interface Begun {
  readonly cookie: Cookie
  /** The domain as the destination shall start it. */
  readonly xml: string
}

export interface Prepared {
  readonly cookie: Cookie
  /** Where the destination listens for the guest's memory. */
  readonly uri: string | undefined
}

/**
 * How *finish* ended. `arrived`: the domain is at the destination, paused. `failed`: libvirt there says it is not. `unknown`: no answer.
 * It may be ready there, so the source must stay as it is until the destination was looked at or is proved dead.
 */
export type Finished =
  | { readonly outcome: 'arrived'; readonly domain: DomainRef; readonly cookie: Cookie }
  | { readonly outcome: 'failed'; readonly error: Error }
  | { readonly outcome: 'unknown'; readonly error: Error }

/** How a phase ended that only clears up. `failed`: libvirt answered that it could not; `unknown`: no answer, its QEMU may still be there. */
export type Settled =
  | { readonly outcome: 'done' }
  | { readonly outcome: 'failed'; readonly error: Error }
  | { readonly outcome: 'unknown'; readonly error: Error }

/**
 * How a peer-to-peer migration ended for whoever asked for it. `failed`: the guest runs on at the source. `unknown`: the source gave no
 * answer, and may still go on without us; or it gave up, and its guest does not run.
 */
export type Moved =
  | { readonly outcome: 'arrived' }
  | { readonly outcome: 'failed'; readonly error: Error }
  | { readonly outcome: 'unknown'; readonly error: Error }

/** The phases that run at one end. A Machine can be either end. */
export interface MigrationEnd {
  /** At the source. Starts nothing there but keeps the domain from being changed; ends with `confirm`. */
  migrationBegin(
    domain: DomainRef,
    settings: MigrationSettings,
    options?: CallOptions,
  ): Promise<Begun>
  /** At the destination: starts a QEMU that waits for the guest. After it, `finish` must follow, cancelled or not. */
  migrationPrepare(
    domain: DomainRef,
    settings: MigrationSettings,
    begun: Begun,
    options?: CallOptions,
  ): Promise<Prepared>
  /** At the source: copies the guest, and leaves it paused here once it is over there. Takes as long as the guest has memory. */
  migrationPerform(
    domain: DomainRef,
    settings: MigrationSettings,
    prepared: Prepared,
    options?: CallOptions,
  ): Promise<Cookie>
  /** At the destination: the guest is whole, and stays paused. */
  migrationFinish(
    domain: DomainRef,
    settings: MigrationSettings,
    cookie: Cookie,
    options?: CallOptions,
  ): Promise<Finished>
  /** At the destination, instead of *finish*: its QEMU ends. `done`: libvirt there has no such domain running (any more). */
  migrationAbandon(
    domain: DomainRef,
    settings: MigrationSettings,
    cookie: Cookie,
    options?: CallOptions,
  ): Promise<Settled>
  /** At the source, after *finish*: its QEMU ends. */
  migrationConfirm(
    domain: DomainRef,
    settings: MigrationSettings,
    cookie: Cookie,
    options?: CallOptions,
  ): Promise<Settled>
  /** At the source, instead of *confirm*: its guest runs on. Never while the destination may have it. */
  migrationRollBack(
    domain: DomainRef,
    settings: MigrationSettings,
    options?: CallOptions,
  ): Promise<Settled>
  /** At the source, all phases: the source's libvirtd connects to the destination's by itself, and goes on if we die. Ends paused there. */
  migratePeerToPeer(
    domain: DomainRef,
    destinationUri: string,
    settings: MigrationSettings,
    options?: CallOptions,
  ): Promise<Moved>
  /** Makes a post-copy migration hand over now. */
  startPostCopy(domain: DomainRef, options?: CallOptions): Promise<void>
  /** MiB/s, also of a migration under way. */
  setMigrationSpeed(domain: DomainRef, mibPerSecond: number, options?: CallOptions): Promise<void>
  setMigrationDowntime(
    domain: DomainRef,
    milliseconds: number,
    options?: CallOptions,
  ): Promise<void>
}
