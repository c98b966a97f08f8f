// Settings of a migration in libvirt's own terms: flags, and a list of named parameters.
import type { MigrationSettings } from './migration.ts'
import type { TypedParameter } from './wire/shapes.ts'

const LIVE = 1
const PEER_TO_PEER = 2
const PERSIST_DESTINATION = 8
const UNDEFINE_SOURCE = 16
const PAUSED = 32
const NON_SHARED_DISK = 64
const CHANGE_PROTECTION = 256
const UNSAFE = 512
const ABORT_ON_ERROR = 4096
const AUTO_CONVERGE = 8192
const POST_COPY = 32_768
const PARALLEL = 131_072

/**
 * Flags by end. *Paused* is always among them: nothing that libvirt does by itself then lets the guest run at the destination. The source's
 * domain is protected from changes from *begin* to *confirm*; two flags are the source's alone, as in libvirt's own client.
 */
export function migrationFlags(
  settings: MigrationSettings,
  end: 'source' | 'destination' | 'peer to peer',
): number {
  const common =
    LIVE |
    PAUSED |
    (settings.persistDestination ? PERSIST_DESTINATION : 0) |
    (settings.undefineSource ? UNDEFINE_SOURCE : 0) |
    (settings.copyDisks === true ? NON_SHARED_DISK : 0) |
    (settings.unsafe === true ? UNSAFE : 0) |
    (settings.postCopy === true ? POST_COPY : 0) |
    (settings.parallel === undefined ? 0 : PARALLEL)
  const sourceOnly = ABORT_ON_ERROR | (settings.autoConverge === true ? AUTO_CONVERGE : 0)
  switch (end) {
    case 'source':
      return common | sourceOnly | CHANGE_PROTECTION
    case 'destination':
      return common
    case 'peer to peer':
      return common | sourceOnly | PEER_TO_PEER
  }
}

/** Parameters by libvirt's names; `more` stand instead of what the settings say. */
export function migrationParameters(
  settings: MigrationSettings,
  more: { readonly destinationXml?: string; readonly migrateUri?: string | undefined } = {},
): readonly TypedParameter[] {
  const parameters: TypedParameter[] = []
  const text = (field: string, value: string | undefined): void => {
    if (value !== undefined) parameters.push({ field, value: { kind: 'string', value } })
  }
  text('migrate_uri', more.migrateUri ?? settings.migrateUri)
  text('destination_name', settings.destinationName)
  text('destination_xml', more.destinationXml ?? settings.destinationXml)
  text('persistent_xml', settings.persistentXml)
  text('listen_address', settings.listenAddress)
  if (settings.bandwidth !== undefined)
    parameters.push({
      field: 'bandwidth',
      value: { kind: 'ullong', value: BigInt(settings.bandwidth) },
    })
  if (settings.parallel !== undefined)
    parameters.push({
      field: 'parallel.connections',
      value: { kind: 'int', value: settings.parallel },
    })
  return parameters
}
