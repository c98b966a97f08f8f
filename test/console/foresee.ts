// The solver for a scripted cluster: it judges when it is told to, in this process, and takes no time that is seen.
import { answerFallback } from '../../src/engine/preview/fallback-answer.ts'
import { judgeScene } from '../../src/engine/preview/judgement.ts'
import { merged } from '../../src/engine/preview/merged.ts'
import type { Hooks } from '../../src/engine/solving/answer.ts'
import { NO_PREVIEW } from '../../src/model/preview.ts'
import type { ScriptedCluster } from './scripted.ts'

/** A clock that does not move: what is searched ends by itself, and is the same on every machine. */
const HOOKS: Hooks = { now: () => 0, stopped: () => false, onProgress: () => undefined }

const answering = new WeakSet<ScriptedCluster>()

export function foresee(cluster: ScriptedCluster, now: number): void {
  const judgement = judgeScene(cluster.snapshot, HOOKS)
  if (judgement === undefined) throw new Error('nothing is configured')
  const before = cluster.snapshot.preview ?? NO_PREVIEW
  cluster.change({ preview: merged(before, judgement, now) })
  if (answering.has(cluster)) return
  answering.add(cluster)
  cluster.answers.push(question => {
    if (question.ask !== 'fallback') return undefined
    const value = answerFallback(cluster.snapshot, { failed: question.failed, wall: 0 }, HOOKS)
    return { ok: true, value }
  })
}
