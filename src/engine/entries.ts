// Records by name, from one to the next: what is the same object is the same entry.

/** What leads from one record to the other; `null` removes an entry. Undefined: nothing. */
export function changedEntries<T>(
  from: Readonly<Record<string, T>> | undefined,
  to: Readonly<Record<string, T>>,
): Record<string, T | null> | undefined {
  if (from === to) return undefined
  if (!from) return to
  let changed: Record<string, T | null> | undefined
  for (const name in to) {
    const value = to[name]
    if (value === undefined || from[name] === value) continue
    changed ??= {}
    changed[name] = value
  }
  for (const name in from) {
    if (name in to) continue
    changed ??= {}
    changed[name] = null
  }
  return changed
}

/** The record that `changes` lead to. */
export function mergeEntries<T>(
  to: Readonly<Record<string, T>> | undefined,
  changes: Readonly<Record<string, T | null>> | undefined,
): Readonly<Record<string, T>> {
  if (!changes) return to ?? {}
  const merged: Record<string, T> = { ...to }
  for (const name in changes) {
    const value = changes[name]
    if (value === null || value === undefined) delete merged[name]
    else merged[name] = value
  }
  return merged
}
