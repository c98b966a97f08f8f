// Waiting with an end: every wait of the SSH transport goes through here.

export interface Limits {
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

/**
 * The result of `work`, unless the time is over (rejects with `timedOut()`) or the signal aborts (rejects with its reason) before. `work`
 * goes on by itself then; what it still brings is given to `late`, which must dispose of it.
 */
export function within<T>(
  work: Promise<T>,
  { timeoutMs, signal }: Limits,
  timedOut: () => Error,
  late?: (value: T) => void,
): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  let over = false
  const settle = (): boolean => {
    if (over) return false
    over = true
    clearTimeout(timer)
    signal?.removeEventListener('abort', onAbort)
    return true
  }
  const onAbort = () => {
    if (settle()) reject(signal?.reason)
  }
  const timer = setTimeout(() => {
    if (settle()) reject(timedOut())
  }, timeoutMs)
  work.then(
    value => {
      if (settle()) resolve(value)
      else late?.(value)
    },
    error => {
      // After the end nobody waits for this failure any more.
      if (settle()) reject(error)
    },
  )
  if (signal?.aborted) onAbort()
  else signal?.addEventListener('abort', onAbort, { once: true })
  return promise
}
