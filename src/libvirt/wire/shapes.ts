// Shapes that several of libvirt's messages share: handles of domains and others, typed parameters, errors.
import {
  f64,
  flag,
  i32,
  i64,
  list,
  opaque,
  optional,
  string,
  struct,
  u32,
  u64,
  union,
  uuid,
} from './xdr.ts'
import type { Codec, Value } from './xdr.ts'

export const text: Codec<string> = string()
export const maybeText: Codec<string | undefined> = optional(text)

/** A domain's handle. The uuid identifies; `id` is -1 when it does not run. */
export const domain = struct({ name: text, uuid, id: i32 })
export const network = struct({ name: text, uuid })
export const storagePool = struct({ name: text, uuid })
export const storageVolume = struct({ pool: text, name: text, key: text })
export const secret = struct({ uuid, usageType: i32, usageId: text })

const parameterValue = union({
  int: { tag: 1, of: i32 },
  uint: { tag: 2, of: u32 },
  llong: { tag: 3, of: i64 },
  ullong: { tag: 4, of: u64 },
  double: { tag: 5, of: f64 },
  boolean: { tag: 6, of: flag },
  string: { tag: 7, of: text },
})
/** A name with a value whose type travels along: how libvirt keeps its protocol open. */
export const typedParameter = struct({ field: text, value: parameterValue })
export type TypedParameter = Value<typeof typedParameter>

/** libvirt's own limit of cookies that two of its servers exchange through us. */
export const cookie: Codec<Uint8Array> = opaque(4_194_304)

/** Parameters of a migration or a job: 64 each, by libvirt's own limits. */
export const parameters: Codec<readonly TypedParameter[]> = list(typedParameter, 64)

/** What comes instead of a result when a call failed. */
export const remoteError = struct({
  code: i32,
  domain: i32,
  message: maybeText,
  level: i32,
  dom: optional(domain),
  str1: maybeText,
  str2: maybeText,
  str3: maybeText,
  int1: i32,
  int2: i32,
  net: optional(network),
})
