// One thing that doctor looked at, and what came out.

/** `unknown`: it could not be found out, which is neither good nor bad. */
export type Result = 'ok' | 'warn' | 'fail' | 'unknown'

export interface Check {
  /** `etcd`, `cluster`, `hwm quark`, `vm test`. */
  readonly about: string
  readonly name: string
  readonly result: Result
  /** What was found, one clause. */
  readonly found: string
  /** What to do about it; empty when nothing needs doing. */
  readonly todo: string
}

/** Makes checks about one thing. */
export function checksAbout(about: string) {
  const make =
    (result: Result) =>
    (name: string, found: string, todo = ''): Check => ({ about, name, result, found, todo })
  return { ok: make('ok'), warn: make('warn'), fail: make('fail'), unknown: make('unknown') }
}

/** What could be learnt, or why not. */
export type Learnt<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly why: string }

/** Waits, and keeps the reason when it fails; what the operator's own Ctrl-C ends is not kept but thrown. */
export async function learn<T>(signal: AbortSignal, promise: Promise<T>): Promise<Learnt<T>> {
  try {
    return { ok: true, value: await promise }
  } catch (error) {
    signal.throwIfAborted()
    return { ok: false, why: error instanceof Error ? error.message : String(error) }
  }
}
