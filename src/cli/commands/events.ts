// yasco events: the log, oldest first, and with --follow what comes.
import { readEvents } from '../../etcd/events.ts'
import { prefixes } from '../../etcd/layout.ts'
import { Reflector } from '../../etcd/reflector.ts'
import type { Change, KeyValue, StateStore } from '../../etcd/store.ts'
import type { ClusterEvent } from '../../model/snapshot.ts'
import { findCluster } from '../cluster-access.ts'
import type { Context, Run } from '../context.ts'
import { EXIT } from '../exit.ts'
import { painter, printJson, printLines } from '../print.ts'

const LAST = 50

export const run: Run = async context => {
  const { options, signal } = context
  const last = options.whole('last', 0) ?? LAST
  const { etcd, cluster } = await findCluster(context)
  await using store = await context.reach.store(etcd, cluster)
  if (options.has('follow')) await follow(context, store, last)
  else {
    const { kvs } = await store.list(prefixes.events, { signal })
    print(context, kvs, last)
  }
  return EXIT.done
}

/** Until the command is ended. While etcd is away it says so once, and goes on when it is back: what happened meanwhile is told then. */
async function follow(context: Context, store: StateStore, last: number): Promise<void> {
  const { signal, io } = context
  let isFirst = true
  let isAway = false
  const ended = Promise.withResolvers<void>()
  signal.addEventListener('abort', () => ended.resolve(), { once: true })
  using reflector = new Reflector(store, prefixes.events, {
    changed(changes: readonly Change[]) {
      const added = changes.flatMap(change => (change.type === 'put' ? [change.kv] : []))
      print(context, added, isFirst ? last : Infinity)
      isFirst = false
    },
    status({ state, reason }) {
      if (state === 'live') isFirst = false
      const wasAway = isAway
      isAway = state === 'stale'
      if (isAway && !wasAway)
        io.stderr.write(`yasco: etcd does not answer: ${reason}; still waiting\n`)
      if (wasAway && state === 'live') io.stderr.write('yasco: etcd answers again\n')
    },
  })
  if (!signal.aborted) await ended.promise
  reflector[Symbol.dispose]()
}

function print(context: Context, kvs: Iterable<KeyValue>, last: number): void {
  const { events, badValues } = readEvents(kvs, last)
  for (const { key, problem } of badValues)
    context.io.stderr.write(`yasco: ${key} cannot be read: ${problem}\n`)
  for (const event of events) {
    if (context.options.has('json')) printJson(context, 'Event', event)
    else printLines(context, [eventLine(context, event)])
  }
}

/** `2026-11-22 11:30:00  warn  root@quark  vm:test  what happened (why)`, in local time. */
function eventLine(context: Context, event: ClusterEvent): string {
  const paint = painter(context)
  const colour = { error: 'red', warn: 'yellow', info: 'dim' } as const
  const level = paint(colour[event.level], event.level.padEnd(5))
  const who = event.from === '' ? event.who : `${event.who} on ${event.from}`
  const why = event.why === '' ? '' : ` (${event.why})`
  return [localTime(event.time), level, who, event.about, `${event.what}${why}`]
    .filter(part => part !== '')
    .join('  ')
}

/** What it says itself, when it is no time. */
function localTime(iso: string): string {
  const date = new Date(iso)
  if (Number.isNaN(date.getTime())) return iso
  const two = (value: number) => String(value).padStart(2, '0')
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}
