// The configured part of etcd as one ClusterConfig. Values that did not change are not read again, and a list of which nothing
// changed stays the same array, so that a change of one VM among ten thousand costs little here and downstream.
import type { z } from 'zod'
import type { ClusterConfig, EtcdAccess, Group, HomeMap, Hwm, Vm } from '../model/cluster.ts'
import type { BadValue } from '../model/snapshot.ts'
import {
  applyingValue,
  checkSchema,
  decode,
  fallbacksValue,
  groupValue,
  homesValue,
  hwmValue,
  keys,
  prefixes,
  SchemaRefused,
  settingsValue,
  vmValue,
} from './layout.ts'
import type { KeyValue } from './store.ts'

export interface ConfigReading {
  /** Undefined when no cluster file was ever applied, its settings cannot be read, or the schema is refused. */
  readonly config: ClusterConfig | undefined
  /** The CDM; undefined when there is none. */
  readonly homes: HomeMap | undefined
  readonly badValues: readonly BadValue[]
  /** Everything else is empty then: this program must not work with what lies there. */
  readonly refused: SchemaRefused | undefined
}

/** Reads all at once. `etcd` becomes `config.etcd`: it does not lie in etcd. */
export function readConfig(kvs: Iterable<KeyValue>, etcd: EtcdAccess): ConfigReading {
  return new ConfigReader(etcd).read(new Map(Array.from(kvs, kv => [kv.key, kv])))
}

/** Reads again and again what a reflector holds, remembering what it read by the revision of each key. */
export class ConfigReader {
  readonly #etcd: EtcdAccess
  readonly #hwms = new Section(prefixes.hwms, hwmValue, (name, value): Hwm => ({ name, ...value }))
  readonly #vms = new Section(prefixes.vms, vmValue, (name, value): Vm => ({ name, ...value }))
  readonly #groups = new Section(
    prefixes.groups,
    groupValue,
    (name, value): Group => ({ name, ...value }),
  )
  readonly #settings = new Single(keys.settings, settingsValue)
  readonly #fallbacks = new Single(keys.fallbacks, fallbacksValue)
  readonly #homes = new Single(keys.homes, homesValue)

  constructor(etcd: EtcdAccess) {
    this.#etcd = etcd
  }

  read(kvs: ReadonlyMap<string, KeyValue>): ConfigReading {
    const schema = checkSchema(kvs.get(keys.schema))
    if (schema instanceof SchemaRefused)
      return { config: undefined, homes: undefined, badValues: [], refused: schema }
    const sections = [this.#hwms, this.#vms, this.#groups]
    for (const kv of kvs.values())
      for (const section of sections) if (section.takes(kv.key)) section.take(kv)
    const hwms = this.#hwms.result()
    const vms = this.#vms.result()
    const groups = this.#groups.result()
    const settings = this.#settings.read(kvs)
    const fallbacks = this.#fallbacks.read(kvs)
    const homes = this.#homes.read(kvs)
    const badValues = [
      ...(schema ? [schema] : []),
      ...[settings, fallbacks, homes].flatMap(({ bad }) => bad ?? []),
      ...[hwms, vms, groups].flatMap(({ bad }) => bad),
      ...cutOff(kvs.get(keys.applying)),
    ]
    const config = settings.value && {
      ...settings.value,
      etcd: this.#etcd,
      hwms: hwms.values,
      vms: vms.values,
      groups: groups.values,
      fallbacks: fallbacks.value ?? NONE,
    }
    return { config, homes: homes.value, badValues, refused: undefined }
  }
}

const NONE: readonly never[] = []

/** A key that is there only while a cluster file is written: the operator must know that what follows may be half of it. */
function cutOff(kv: KeyValue | undefined): BadValue[] {
  if (kv === undefined) return []
  const read = decode(applyingValue, kv)
  if ('bad' in read) return [read.bad]
  const { by, when } = read.value
  const problem = `${by} is applying a cluster file since ${when}, or was cut off doing so: then apply it again`
  return [{ key: kv.key, problem }]
}

/** One key. */
class Single<S extends z.ZodType> {
  readonly #key: string
  readonly #schema: S
  #revision = -1
  #read: { readonly value: z.output<S> | undefined; readonly bad: BadValue | undefined }

  constructor(key: string, schema: S) {
    this.#key = key
    this.#schema = schema
    this.#read = { value: undefined, bad: undefined }
  }

  read(kvs: ReadonlyMap<string, KeyValue>) {
    const kv = kvs.get(this.#key)
    const revision = kv?.modRevision ?? 0
    if (revision === this.#revision) return this.#read
    this.#revision = revision
    if (kv === undefined) this.#read = { value: undefined, bad: undefined }
    else {
      const read = decode(this.#schema, kv)
      this.#read =
        'bad' in read ? { value: undefined, bad: read.bad } : { value: read.value, bad: undefined }
    }
    return this.#read
  }
}

/**
 * All keys under one prefix, in the order of their names. Each reading takes all of them, then asks for the result; what was not
 * taken since the result before is gone.
 */
class Section<S extends z.ZodType, T> {
  readonly #prefix: string
  readonly #schema: S
  readonly #make: (name: string, value: z.output<S>) => T
  readonly #known = new Map<string, Known<T>>()
  #order: readonly Known<T>[] = []
  #result: { readonly values: readonly T[]; readonly bad: readonly BadValue[] }
  /** Of the reading under way. */
  #round = 0
  #taken = 0
  #changed = false

  constructor(prefix: string, schema: S, make: (name: string, value: z.output<S>) => T) {
    this.#prefix = prefix
    this.#schema = schema
    this.#make = make
    this.#result = { values: [], bad: [] }
  }

  takes(key: string): boolean {
    return key.startsWith(this.#prefix)
  }

  take(kv: KeyValue): void {
    this.#taken++
    let known = this.#known.get(kv.key)
    if (known === undefined) {
      known = { key: kv.key, revision: -1, round: 0, read: undefined }
      this.#known.set(kv.key, known)
      this.#order = []
    }
    known.round = this.#round
    if (known.revision === kv.modRevision) return
    this.#changed = true
    known.revision = kv.modRevision
    const read = decode(this.#schema, kv)
    const name = kv.key.slice(this.#prefix.length)
    known.read = 'bad' in read ? read : { value: this.#make(name, read.value) }
  }

  result() {
    const gone = this.#known.size - this.#taken
    if (gone > 0) {
      for (const [key, { round }] of this.#known) if (round !== this.#round) this.#known.delete(key)
      this.#order = []
    }
    if (gone > 0 || this.#changed) this.#assemble()
    this.#round++
    this.#taken = 0
    this.#changed = false
    return this.#result
  }

  #assemble(): void {
    if (this.#order.length === 0) this.#order = [...this.#known.values()].sort(byKey)
    const values: T[] = []
    const bad: BadValue[] = []
    for (const { read } of this.#order) {
      if (read === undefined) continue
      if ('bad' in read) bad.push(read.bad)
      else values.push(read.value)
    }
    this.#result = { values, bad }
  }
}

interface Known<T> {
  readonly key: string
  revision: number
  round: number
  read: { readonly value: T } | { readonly bad: BadValue } | undefined
}

/** etcd's order: by bytes, which for UTF-8 is by code point; UTF-16's order differs only beyond U+FFFF. */
function byKey(a: { readonly key: string }, b: { readonly key: string }): number {
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0
}
