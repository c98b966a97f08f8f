// yasco events: the log, oldest first, and with --follow what comes.
import { eventText } from '../../console/event-text.ts'
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
const COLOURS = { error: 'red', warn: 'yellow', info: 'dim' } as const

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
  const paint = painter(context)
  const level = (of: ClusterEvent['level'], text: string) => paint(COLOURS[of], text)
  for (const event of events) {
    if (context.options.has('json')) printJson(context, 'Event', event)
    else printLines(context, [eventText(event, level)])
  }
}
