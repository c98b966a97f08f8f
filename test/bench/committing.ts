// How long the engine's thread stands still while a dead HWM's evacuation is planned, committed and conducted in a large cluster.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Committed, PlanShown } from '../../src/engine/acting/questions.ts'
import { linkToEngine } from '../../src/engine/link.ts'
import { startEngine } from '../../src/engine/start.ts'
import type { ClusterSnapshot } from '../../src/model/snapshot.ts'
import { BUNDLE, SILENT, until } from './engine-screen.ts'
import type { Row } from './row.ts'

/** A heartbeat has seconds; a key that waits for the engine is felt from here on. */
const GAP_BUDGET_MS = 250
const PLAN_BUDGET_MS = 1_000
/** A busy machine takes its time with a cluster of this size; what is measured begins later. */
const PATIENCE_MS = 180_000

export async function benchCommitting(hwms: number, vms: number): Promise<Row[]> {
  const spec = { mode: 'demo', seed: 1, readOnly: false, size: { hwms, vms } } as const
  const engine = startEngine({ spec, program: BUNDLE })
  let newest: ClusterSnapshot | undefined
  const link = linkToEngine(engine.stream, 'bench', {
    ...SILENT,
    snapshot: snapshot => {
      newest = snapshot
    },
  })
  const ask = async (question: Parameters<typeof link.ask>[0]): Promise<unknown> => {
    const answer = await link.ask(question, { timeoutMs: 60_000 })
    if (!answer.ok) throw new Error(answer.error)
    return answer.value
  }
  const watch = () => answering(() => ask({ ask: 'engine-health' }))
  const up = () => Object.values(newest?.hwms ?? {}).filter(hwm => hwm.state === 'up').length
  const isJudged = () =>
    newest?.preview !== undefined &&
    newest.preview.checkingSince === undefined &&
    newest.preview.verdict !== undefined
  try {
    await until(() => up() === hwms && isJudged(), PATIENCE_MS)
    const hwm = newest?.vms[Object.keys(newest.vms)[0] ?? '']?.where ?? ''
    await ask({ ask: 'simulate', line: `kill ${hwm}` })
    await until(() => newest?.hwms[hwm]?.state === 'down' && isJudged(), PATIENCE_MS)
    const drawing = watch()
    const began = performance.now()
    const plan = (await ask({
      ask: 'plan',
      request: { do: 'evacuate', hwm, cold: false },
      choices: {},
      parallel: undefined,
    })) as PlanShown
    const planned = performance.now() - began
    const drawn = await drawing.longestMs()
    const working = watch()
    const committed = (await ask({
      ask: 'commit',
      plan: plan.id,
      why: 'bench',
      off: { [hwm]: { by: 'word', how: 'cable pulled' } },
    })) as Committed
    if (committed.is !== 'begun') throw new Error(`not begun: ${JSON.stringify(committed)}`)
    await until(() => newest?.operations?.[committed.operation]?.state === 'done', PATIENCE_MS)
    const worked = await working.longestMs()
    const size = `${hwms} x ${vms}`
    return [
      {
        what: `a dead HWM's evacuation planned, ${size}`,
        budget: PLAN_BUDGET_MS,
        figure: planned,
        unit: 'ms',
        ok: planned <= PLAN_BUDGET_MS,
        peer: `${plan.plan.moves.length} VMs, ${plan.plan.moves[0]?.why ?? 'nothing moves'}`,
      },
      {
        what: `the engine silent for, while it is planned, ${size}`,
        budget: GAP_BUDGET_MS,
        figure: drawn,
        unit: 'ms',
        ok: drawn <= GAP_BUDGET_MS,
      },
      {
        what: `the engine silent for, committed to done, ${size}`,
        budget: GAP_BUDGET_MS,
        figure: worked,
        unit: 'ms',
        ok: worked <= GAP_BUDGET_MS,
      },
    ]
  } finally {
    link[Symbol.dispose]()
    engine.kill()
    await engine.ended
  }
}

/** Asks again and again what is answered at once by an engine whose thread is free. */
function answering(ask: () => Promise<unknown>): { longestMs(): Promise<number> } {
  const over = new AbortController()
  let longest = 0
  const asking = (async () => {
    while (!over.signal.aborted) {
      const from = performance.now()
      await ask()
      longest = Math.max(longest, performance.now() - from)
      await sleep(5)
    }
  })()
  return {
    longestMs: async () => {
      over.abort()
      await asking
      return longest
    },
  }
}
