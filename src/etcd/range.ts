// Ranges of keys as etcd has them: from a first key to the one before an end.

/** The first key after all that begin with `prefix`. UTF-8 has no byte 0xff, so the last byte can always be one more. */
export function prefixEnd(prefix: Buffer): Buffer {
  const end = Buffer.from(prefix)
  const last = end.length - 1
  end[last] = (end[last] ?? 0) + 1
  return end
}

/** The first key after `key` itself. */
export function after(key: Buffer): Buffer {
  return Buffer.concat([key, Buffer.from([0])])
}
