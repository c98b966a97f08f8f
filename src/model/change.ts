// A change that nobody makes: what `what-if` asks about.

export const CHANGE_KINDS = ['less', 'more', 'maintenance', 'grow', 'add'] as const
export type ChangeKind = (typeof CHANGE_KINDS)[number]

/**
 * - `less`, `maintenance`: an HWM by name. `more`: HWMs like this one, `quark` or `quark:2`.
 * - `grow`: a VM of other demands, `db:ram=16GiB,cpu=8`. `add`: VMs like this one, `db` or `db:3`.
 */
export interface Change {
  readonly kind: ChangeKind
  readonly what: string
}

/** What each needs, for people. */
export const CHANGE_FORMS: Readonly<Record<ChangeKind, string>> = {
  less: 'HWM',
  more: 'HWM[:N]',
  maintenance: 'HWM',
  grow: 'VM:AMOUNTS',
  add: 'VM[:N]',
}

export type ReadChanges =
  | { readonly ok: true; readonly changes: readonly Change[] }
  /** What was expected, as the end of a sentence. */
  | { readonly ok: false; readonly problem: string }

/** Pairs of words: `less quark grow db:ram=16GiB`; the dashes of the command's options may be there. */
export function readChanges(words: readonly string[]): ReadChanges {
  const expected = CHANGE_KINDS.map(kind => `${kind} ${CHANGE_FORMS[kind]}`).join(', ')
  const changes: Change[] = []
  for (let at = 0; at < words.length; at += 2) {
    const word = (words[at] ?? '').replace(/^--/, '')
    const kind = CHANGE_KINDS.find(each => each === word)
    if (kind === undefined) return { ok: false, problem: `'${word}' is none of ${expected}` }
    const what = words[at + 1]
    if (what === undefined)
      return { ok: false, problem: `after ${kind} comes ${CHANGE_FORMS[kind]}` }
    changes.push({ kind, what })
  }
  return changes.length > 0 ? { ok: true, changes } : { ok: false, problem: `expected ${expected}` }
}

/** `less quark, grow db:ram=16GiB`. */
export function changesText(changes: readonly Change[]): string {
  return changes.map(({ kind, what }) => `${kind} ${what}`).join(', ')
}
