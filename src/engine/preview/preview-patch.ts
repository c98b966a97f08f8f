// What changed in what the solver says, as small as it is: a cluster of 10 000 VMs has as many targets, and few of them move.
import { NO_PREVIEW, type Preview } from '../../model/preview.ts'
import { changedEntries, mergeEntries } from '../entries.ts'
import type { PreviewPatch } from '../protocol.ts'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** Undefined when nothing changed. Rests on entries that are the same objects when they say the same. */
export function diffPreview(
  from: Preview | undefined,
  to: Preview | undefined,
): PreviewPatch | undefined {
  if (from === to || to === undefined) return undefined
  const before = from ?? NO_PREVIEW
  const patch: Mutable<PreviewPatch> = {}
  if (before.verdict !== to.verdict) patch.verdict = to.verdict ?? null
  if (before.checkingSince !== to.checkingSince) patch.checkingSince = to.checkingSince ?? null
  if (before.problem !== to.problem) patch.problem = to.problem
  if (before.setsUnlisted !== to.setsUnlisted) patch.setsUnlisted = to.setsUnlisted
  const ifFails = changedEntries(before.ifFails, to.ifFails)
  if (ifFails) patch.ifFails = ifFails
  const kept = changedEntries(before.kept, to.kept)
  if (kept) patch.kept = kept
  const sets = changedEntries(before.sets, to.sets)
  if (sets) patch.sets = sets
  return patch
}

export function applyPreviewPatch(
  to: Preview | undefined,
  patch: PreviewPatch | undefined,
): Preview | undefined {
  if (patch === undefined) return to
  const before = to ?? NO_PREVIEW
  const { verdict = before.verdict, checkingSince = before.checkingSince } = patch
  return {
    verdict: verdict ?? undefined,
    checkingSince: checkingSince ?? undefined,
    problem: patch.problem ?? before.problem,
    setsUnlisted: patch.setsUnlisted ?? before.setsUnlisted,
    ifFails: mergeEntries(before.ifFails, patch.ifFails),
    kept: mergeEntries(before.kept, patch.kept),
    sets: mergeEntries(before.sets, patch.sets),
  }
}
