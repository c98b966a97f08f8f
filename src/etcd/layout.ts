// What lies in etcd, key by key: names of the keys, and a schema for every value. A reader takes what it knows of a value and
// leaves the rest, so that a program one version older or newer works; a value it cannot read is named, and the rest goes on.
import { z } from 'zod'
import {
  type ClusterConfig,
  DEFAULT_SETTINGS,
  type Group,
  type HandMadeFallback,
  type HomeMap,
  type Hwm,
  type Settings,
  type Vm,
} from '../model/cluster.ts'
import type { Operation } from '../model/operation.ts'
import type { BadValue, ClusterEvent, ConductorView } from '../model/snapshot.ts'
import type { KeyValue } from './store.ts'

/** Raised when a value's meaning changes. Programs of the version before and after still work with it. */
export const SCHEMA_VERSION = 1

/** The keys, relative to /yasco/<cluster>/. Names of HWMs, VMs and groups hold no slash (src/model/names.ts). */
export const keys = {
  schema: 'schema',
  settings: 'settings',
  fallbacks: 'fallbacks',
  applying: 'applying',
  hwm: (name: string) => `hwms/${name}`,
  vm: (name: string) => `vms/${name}`,
  group: (name: string) => `groups/${name}`,
  homes: 'maps/home',
  /** One failure set; `+` is in no HWM's name. */
  fallbackMap: (failed: readonly string[]) => `maps/fallback/${failed.toSorted().join('+')}`,
  node: (hwm: string) => `nodes/${hwm}`,
  agent: (hwm: string) => `agents/${hwm}`,
  fence: (hwm: string) => `fences/${hwm}`,
  /** What an HWM's host said of itself while it lived. */
  host: (hwm: string) => `hosts/${hwm}`,
  status: (hwm: string) => `status/${hwm}`,
  permit: (vm: string) => `permits/${vm}`,
  operation: (id: string) => `operations/${id}`,
  /** Who conducts an operation, under a lease. */
  conductor: (id: string) => `conductors/${id}`,
  /** What an operator elsewhere asks the conductor of an operation. */
  ask: (operation: string, token: string) => `asks/${operation}/${token}`,
  /** Which VM has a step that is not settled, and in which operation: no other one may touch it. One key, as an operation can hold thousands. */
  holds: 'holds',
  event: (id: string) => `events/${id}`,
  domain: (vm: string) => `domains/${vm}`,
  leader: 'leader',
  /** Tokens of writes under way (commit-once.ts). */
  write: (token: string) => `writes/${token}`,
} as const

/** Prefixes for `list` and `watch`. */
export const prefixes = {
  hwms: 'hwms/',
  vms: 'vms/',
  groups: 'groups/',
  maps: 'maps/',
  fallbackMaps: 'maps/fallback/',
  nodes: 'nodes/',
  agents: 'agents/',
  fences: 'fences/',
  status: 'status/',
  permits: 'permits/',
  operations: 'operations/',
  conductors: 'conductors/',
  asks: (operation: string) => `asks/${operation}/`,
  events: 'events/',
  domains: 'domains/',
  writes: 'writes/',
} as const

const count = z.number().int().nonnegative()
const text = z.string()
const names = z.array(text)
const resources = z.record(text, z.number().nonnegative())
const texts = z.record(text, text)

export const schemaValue = z.object({ version: count, writtenBy: text.default('') })

/** `name` is not in the value: it is the key. */
export const hwmValue = z.object({
  libvirt: text.min(1),
  capacity: resources.default({}),
  reserve: resources.default({}),
  labels: texts.default({}),
  fallback: z.boolean().default(true),
  maintenance: z.boolean().default(false),
  migration: text.optional(),
  ceph: text.optional(),
  watchdog: text.optional(),
  fence: z.array(z.object({ agent: text.min(1), options: texts.default({}) })).default([]),
}) satisfies z.ZodType<Omit<Hwm, 'name'>>

export const vmValue = z.object({
  ha: z.boolean(),
  home: text.optional(),
  priority: z.number().default(0),
  resources: resources.default({}),
  only: names.optional(),
  never: names.optional(),
  pinned: z.boolean().default(false),
  order: z.number().optional(),
  delayMs: z.number().nonnegative().optional(),
  desired: z.enum(['running', 'stopped']).default('running'),
}) satisfies z.ZodType<Omit<Vm, 'name'>>

export const groupValue = z.object({
  members: names,
  spread: text.optional(),
  together: text.optional(),
  order: count.optional(),
  replicas: count.optional(),
}) satisfies z.ZodType<Omit<Group, 'name'>>

const migration = z.object({
  unsafe: z.boolean().default(DEFAULT_SETTINGS.migration.unsafe),
  parallelPerHwm: count.min(1).default(DEFAULT_SETTINGS.migration.parallelPerHwm),
  bandwidth: z.number().nonnegative().optional(),
})
const safety = z.object({
  h: z.number().nonnegative(),
  ttl: z.number().nonnegative(),
  A: z.number().nonnegative(),
  D: z.number().nonnegative(),
  w: z.number().nonnegative(),
})
const policies = z.object({
  migration: migration.default(DEFAULT_SETTINGS.migration),
  safety: safety.default(DEFAULT_SETTINGS.safety),
  admission: z.enum(['warn', 'refuse']).default(DEFAULT_SETTINGS.admission),
  homecoming: z.enum(['by-hand', 'automatic']).default(DEFAULT_SETTINGS.homecoming),
  eventsKeptMs: z.number().nonnegative().default(DEFAULT_SETTINGS.eventsKeptMs),
}) satisfies z.ZodType<Settings>

/** All that is one per cluster. How etcd is reached is not among it: that is each reader's own matter. */
export const settingsValue = z.object({
  cluster: text.min(1),
  tolerate: count,
  domains: text.min(1),
  dimensions: names.default([]),
  overcommit: resources.default({}),
  failureDomains: text.optional(),
  settings: policies.default(DEFAULT_SETTINGS),
  ceph: z.object({ conf: text.optional(), user: text.optional() }).optional(),
}) satisfies z.ZodType<Omit<ClusterConfig, 'etcd' | 'hwms' | 'vms' | 'groups' | 'fallbacks'>>

export const fallbacksValue = z.array(
  z.object({ failed: names.min(1), map: texts }) satisfies z.ZodType<HandMadeFallback>,
)

/** While a cluster file of many keys is written, and after that was cut off. */
export const applyingValue = z.object({ token: text, by: text, when: text })

export const homesValue = z.object({
  homes: texts,
  by: text.default(''),
  when: text.default(''),
  why: text.default(''),
}) satisfies z.ZodType<HomeMap>

/** `from`: the revisions of the configuration and of the CDM it was computed from; newer ones make it stale. */
export const fallbackMapValue = z.object({
  failed: names.min(1),
  map: texts,
  unplaced: names.default([]),
  from: z.object({ config: count, homes: count }),
  /** A hash of what it was computed from: another one now makes it stale, whatever the revisions. */
  inputs: text.default(''),
  when: text.default(''),
})

/** A heartbeat: without a lease, so that a fence can compare it. */
export const nodeValue = z.object({
  bootId: text.min(1),
  epoch: count,
  counter: count,
  version: text.default(''),
})

/** The one owner of an HWM: its daemon or a console. Under a lease. */
export const agentValue = z.object({
  owner: z.enum(['daemon', 'console']),
  who: text,
  from: text.default(''),
  since: text.default(''),
  version: text.default(''),
})

const proof = z.object({ kind: text.min(1), id: text.min(1), when: text.default('') })

export const fenceValue = z.object({
  epoch: count,
  by: text,
  when: text,
  why: text.default(''),
  proof: proof.optional(),
})

export const hostValue = z.object({ uuid: text.min(1), when: text.default('') })

/** What a daemon sees on its HWM. */
export const statusValue = z.object({
  bootId: text.default(''),
  epoch: count,
  when: text.default(''),
  domains: z.record(
    text,
    z.object({
      uuid: text,
      state: text,
      pid: count.optional(),
      startTime: text.optional(),
    }),
  ),
})

export const permitValue = z.object({
  node: text.min(1),
  epoch: count,
  phase: text.default(''),
  proof: proof.optional(),
})

const step = z.object({
  id: count,
  vm: text,
  method: z.enum(['live', 'cold', 'restart', 'start', 'stop']),
  from: text.optional(),
  targets: names,
  target: count,
  keepPaused: z.boolean().default(false),
  after: z.array(count).default([]),
  delayMs: count.optional(),
  state: z.enum(['queued', 'running', 'done', 'failed', 'cancelled']),
  phase: text.default(''),
  progress: z.object({ done: z.number(), total: z.number(), rate: z.number() }).optional(),
  downMs: z.number().nonnegative().optional(),
  tries: z.record(text, count).default({}),
  error: text.default(''),
  note: text.default(''),
})

export const operationValue = z.object({
  id: text.min(1),
  kind: z.enum(['evacuate', 'homecoming', 'migrate', 'start', 'stop', 'apply-plan', 'undo']),
  subject: text,
  by: text,
  from: text.default(''),
  why: text.default(''),
  createdAt: text,
  state: z.enum(['running', 'paused', 'cancelling', 'done', 'partly', 'cancelled']),
  limits: z.object({
    parallelPerHwm: count.min(1),
    parallel: count.min(1),
    waitMs: count,
    shutdownMs: count,
    tries: count.min(1),
    copyMs: count.optional(),
  }),
  steps: z.array(step),
  cordon: text.optional(),
}) satisfies z.ZodType<Operation>

export const conductorValue = z.object({
  who: text,
  from: text.default(''),
}) satisfies z.ZodType<ConductorView>

export const askValue = z.object({ to: z.enum(['pause', 'resume', 'cancel', 'retry']), who: text })

/** VM to operation. */
export const holdsValue = texts

export const leaderValue = z.object({ node: text.min(1), since: text, version: text.default('') })

/** The domain's XML by its SHA-256; the XML itself only where the cluster has no shared folder (`domains: etcd`). */
export const domainValue = z.object({
  hash: text.regex(/^[0-9a-f]{64}$/, 'a SHA-256 in hex'),
  xml: text.optional(),
  when: text.default(''),
  from: text.default(''),
})

/** `id` is not in the value: it is the key. */
export const eventValue = z.object({
  time: text,
  who: text,
  from: text.default(''),
  level: z.enum(['info', 'warn', 'error']).catch('info'),
  about: text.default(''),
  what: text,
  why: text.default(''),
}) satisfies z.ZodType<Omit<ClusterEvent, 'id'>>

/** Reads one value. A `BadValue` says in one sentence what is wrong with it. */
export function decode<S extends z.ZodType>(
  schema: S,
  { key, value }: Pick<KeyValue, 'key' | 'value'>,
): { readonly value: z.output<S> } | { readonly bad: BadValue } {
  let plain: unknown
  try {
    plain = JSON.parse(value)
  } catch (error) {
    return { bad: { key, problem: `not JSON: ${String(error)}` } }
  }
  const result = schema.safeParse(plain)
  if (result.success) return { value: result.data }
  const problem = result.error.issues
    .map(({ path, message }) => (path.length > 0 ? `${path.join('.')}: ${message}` : message))
    .join('; ')
  return { bad: { key, problem } }
}

/**
 * Writes one value, checked by the schema it will be read with. Fields of `before` that this program does not know, as a newer
 * one may have written them, are kept. Throws `ZodError`: a value this program made must be one it can read.
 */
export function encode<S extends z.ZodType>(
  schema: S,
  value: Frozen<z.input<S>>,
  before?: Pick<KeyValue, 'key' | 'value'>,
): string {
  const known: unknown = schema.parse(value)
  if (before === undefined || !(schema instanceof z.ZodObject) || !isRecord(known))
    return JSON.stringify(known)
  const old = decode(z.record(z.string(), z.unknown()), before)
  const unknown =
    'bad' in old ? [] : Object.entries(old.value).filter(([field]) => !(field in schema.shape))
  return JSON.stringify({ ...known, ...Object.fromEntries(unknown) })
}

/** zod's types are of things that may be changed; ours are not. */
type Frozen<T> = T extends object ? { readonly [K in keyof T]: Frozen<T[K]> } : T

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What lies there is of a version this program does not know. */
export class SchemaRefused extends Error {
  override readonly name = 'SchemaRefused'
  readonly version: number
  constructor(version: number) {
    super(
      version > SCHEMA_VERSION
        ? `the cluster's data in etcd is of version ${version}; this program knows up to ${SCHEMA_VERSION + 1}: use a newer yasco`
        : `the cluster's data in etcd is of version ${version}; this program knows ${SCHEMA_VERSION - 1} and later: use an older yasco, or apply the cluster file anew`,
    )
    this.version = version
  }
}

/** Refuses what is more than one version away. No `schema` key at all is a cluster that was never applied. */
export function checkSchema(kv: KeyValue | undefined): SchemaRefused | BadValue | undefined {
  if (kv === undefined) return undefined
  const read = decode(schemaValue, kv)
  if ('bad' in read) return read.bad
  const distance = Math.abs(read.value.version - SCHEMA_VERSION)
  return distance > 1 ? new SchemaRefused(read.value.version) : undefined
}
