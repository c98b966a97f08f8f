// Asks an HWM whether it could run a VM, before anything is given up elsewhere. What it refuses is said in one clause for people.
import { readRecord } from '../domains/in-etcd.ts'
import { xmlHash } from '../libvirt/xml/canonical.ts'
import {
  DomainStoreFailed,
  DomainStoreSilent,
  RunFailed,
  type RunOnHwm,
  RunTimedOut,
} from '../domains/store.ts'
import { LibvirtError } from '../libvirt/errors.ts'
import type { DomainRef } from '../libvirt/hypervisor.ts'
import type { EmulatorQuery } from '../libvirt/inspection.ts'
import type { Machine } from '../libvirt/machine.ts'
import { describeDomain } from '../libvirt/xml/describe.ts'
import type { DomainDescription } from '../libvirt/xml/description.ts'
import type { StateStore } from '../etcd/store.ts'
import type { ClusterConfig } from '../model/cluster.ts'
import type { Step } from '../model/operation.ts'
import { missingMode, wrongCpu } from './cpu-fit.ts'
import { missingLine } from './migration-line.ts'
import type { Reach } from './reach.ts'

export type Verdict = 'ready' | { readonly refused: string }

export interface Readiness {
  readonly verdict: Verdict
  /** The XML that was found in the domain store and fits its hash: what a start there begins from. */
  readonly xml?: string
}

export interface PreflightContext {
  readonly reach: Reach
  /** For the hashes of the domain store. */
  readonly store: StateStore
  readonly config: ClusterConfig
  /** As `reach.storedXml`; may give what was read a moment ago. */
  storedXml(hwm: string, vm: string): Promise<string | undefined>
}

const CALL_MS = 10_000
const call = { timeoutMs: CALL_MS }

/** Throws when the HWM or the store gives no answer: that is no verdict. */
export async function preflight(
  step: Pick<Step, 'vm' | 'method' | 'from'>,
  at: string,
  domain: DomainRef,
  context: PreflightContext,
): Promise<Readiness> {
  try {
    return await examine(step, at, domain, context)
  } catch (error) {
    if (error instanceof LibvirtError || isShellTrouble(error))
      return { verdict: { refused: (error as Error).message } }
    throw error
  }
}

async function examine(
  step: Pick<Step, 'vm' | 'method' | 'from'>,
  at: string,
  domain: DomainRef,
  context: PreflightContext,
): Promise<Readiness> {
  const { reach, store } = context
  const { vm, method, from } = step
  const source = method === 'live' ? from : undefined
  const [machine, record, stored, live] = await Promise.all([
    reach.machine(at, call),
    readRecord(store, vm, call),
    context.storedXml(at, vm),
    source === undefined
      ? undefined
      : reach.machine(source, call).then(there => there.xml(domain, 'live', call)),
  ])
  const wrong = wrongXml(vm, stored, record?.hash, source !== undefined)
  if (wrong !== undefined) return { verdict: { refused: wrong } }
  const xml = live ?? stored
  if (xml === undefined) return { verdict: { refused: `its domain store has no XML of ${vm}` } }
  const description = describeDomain(xml)
  // Each asks for itself and changes nothing; the first refusal in this order is the one that is told.
  const refusals = await Promise.all([
    clash(machine, domain, description),
    unsupported(machine, description),
    wrongCpu(machine, xml, description, emulatorOf(description), call),
    missingNetwork(machine, description),
    missingSecret(machine, description),
    missingOnHost(at, description, context),
    source === undefined ? undefined : missingLine(source, at, context),
  ])
  const refused = refusals.find(each => each !== undefined)
  return {
    verdict: refused === undefined ? 'ready' : { refused },
    ...(stored !== undefined && { xml: stored }),
  }
}

/** What starts from the store must be what was dumped; what arrives live only must not find another one there. */
function wrongXml(
  vm: string,
  stored: string | undefined,
  hash: string | undefined,
  isLive: boolean,
): string | undefined {
  if (hash === undefined) {
    return isLive
      ? undefined
      : `etcd has no hash of the XML of ${vm}: run 'yasco dump' while its HWM lives`
  }
  if (stored === undefined) return `its domain store has no XML of ${vm}`
  return xmlHash(stored) === hash
    ? undefined
    : `the XML of ${vm} in its domain store differs from the hash in etcd`
}

async function clash(
  machine: Machine,
  domain: DomainRef,
  { name }: DomainDescription,
): Promise<string | undefined> {
  const other = (await machine.domains(call)).find(
    each => each.name === name && each.uuid !== domain.uuid,
  )
  return other && `another domain of the name ${name} is there, with uuid ${other.uuid}`
}

async function unsupported(
  machine: Machine,
  description: DomainDescription,
): Promise<string | undefined> {
  const { emulator, machine: board, type } = description
  let capabilities: string
  try {
    capabilities = await machine.domainCapabilities(emulatorOf(description), call)
  } catch (error) {
    if (!(error instanceof LibvirtError)) throw error
    return `${[emulator ?? type, board].filter(Boolean).join(', ')} is not there: ${error.message}`
  }
  return missingMode(capabilities, description)
}

function emulatorOf({ emulator, arch, machine, type }: DomainDescription): EmulatorQuery {
  return {
    virtType: type,
    ...(emulator && { emulator }),
    ...(arch && { arch }),
    ...(machine && { machine }),
  }
}

async function missingNetwork(
  machine: Machine,
  { interfaces }: DomainDescription,
): Promise<string | undefined> {
  const wanted = interfaces.filter(each => each.type === 'network').map(each => each.source)
  if (wanted.length === 0) return undefined
  const networks = await machine.networks(call)
  for (const name of wanted) {
    const found = networks.find(each => each.name === name)
    if (found === undefined) return `network ${name} is not there`
    if (!found.active) return `network ${name} is not active`
  }
  return undefined
}

async function missingSecret(
  machine: Machine,
  { secrets }: DomainDescription,
): Promise<string | undefined> {
  if (secrets.length === 0) return undefined
  const known = await machine.secrets(call)
  const missing = secrets.find(
    wanted =>
      !known.some(
        each =>
          each.uuid === wanted.uuid ||
          (wanted.usage !== undefined && each.usageId === wanted.usage),
      ),
  )
  return missing && `secret ${missing.usage ?? missing.uuid} is not there`
}

/** Which of these paths are not there. Throws what `run` throws. */
export async function missingPaths(run: RunOnHwm, paths: readonly string[]): Promise<string[]> {
  const { stdout } = await run(MISSING, { ...call, args: paths, mayHang: true })
  return stdout.split('\n').filter(line => line !== '')
}

/** Prints which of its arguments do not exist. */
const MISSING = 'for path; do [ -e "$path" ] || printf "%s\\n" "$path"; done'

async function missingOnHost(
  at: string,
  description: DomainDescription,
  { reach }: PreflightContext,
): Promise<string | undefined> {
  const shell = reach.shell(at)
  if (shell === undefined) return undefined
  const disks = description.disks.flatMap(({ source }) =>
    source !== undefined && (source.kind === 'file' || source.kind === 'block')
      ? [source.path]
      : [],
  )
  const bridges = description.interfaces.flatMap(({ type, source }) =>
    type === 'bridge' && source !== undefined ? [`/sys/class/net/${source}`] : [],
  )
  const paths = [...disks, ...bridges]
  if (paths.length === 0) return undefined
  const [first] = await missingPaths(shell, paths)
  if (first === undefined) return undefined
  return bridges.includes(first)
    ? `bridge ${first.slice('/sys/class/net/'.length)} is not there`
    : `${first} is not there`
}

function isShellTrouble(error: unknown): boolean {
  return (
    error instanceof RunFailed ||
    error instanceof RunTimedOut ||
    error instanceof DomainStoreSilent ||
    error instanceof DomainStoreFailed
  )
}
