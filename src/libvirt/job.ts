// Progress of a domain's job (a migration, above all) from libvirt's open list of figures.
import type { DomainJob } from './inspection.ts'
import type { TypedParameter } from './wire/shapes.ts'

/** By virDomainJobType. */
const KINDS = ['none', 'bounded', 'unbounded', 'completed', 'failed', 'cancelled'] as const
/** The field names are libvirt's; memory pages are counted in pages of this many bytes unless the host says otherwise. */
const PAGE = 4096

/** Reads *job statistics*. Fields that this libvirt does not give are left out. */
export function domainJob(stats: {
  readonly type: number
  readonly params: readonly TypedParameter[]
}): DomainJob {
  const figures = new Map<string, number>()
  let error = ''
  for (const { field, value } of stats.params) {
    if (value.kind === 'string') {
      if (field === 'errmsg') error = value.value
    } else figures.set(field, Number(value.value))
  }
  const dirtyPages = figures.get('memory_dirty_rate')
  return {
    kind: KINDS[stats.type] ?? 'unbounded',
    elapsedMs: figures.get('time_elapsed') ?? 0,
    remainingMs: figures.get('time_remaining'),
    total: figures.get('data_total') ?? 0,
    processed: figures.get('data_processed') ?? 0,
    remaining: figures.get('data_remaining') ?? 0,
    dirtyRate:
      dirtyPages === undefined ? undefined : dirtyPages * (figures.get('memory_page_size') ?? PAGE),
    bandwidth: figures.get('memory_bps'),
    downtimeMs: figures.get('downtime'),
    iterations: figures.get('memory_iteration'),
    error,
  }
}
