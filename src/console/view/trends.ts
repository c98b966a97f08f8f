// What an HWM or a VM has been using: one line a dimension, with what it is of.
import type { History, Usage } from '../../model/snapshot.ts'
import { humanBitRate, humanByteRate, humanBytes, humanCores } from '../../model/human.ts'
import type { Resources } from '../../model/resources.ts'
import { USAGE_LIMIT_MS } from '../ages.ts'
import type { Line } from '../line.ts'
import { line, restyle, span } from '../line.ts'
import { fit } from '../text.ts'
import type { ViewContext } from './context.ts'
import type { Section } from './document.ts'
import { fact } from './document.ts'
import { spark } from './meters.ts'

const SAMPLES = 30
const SAMPLES_AT_LEAST = 6
/** Name, value and what it is of. */
const BESIDE_SAMPLES = 48

const SHOWN: readonly {
  readonly name: string
  readonly value: (usage: Usage) => number
  readonly human: (value: number) => string
  readonly whole?: string
}[] = [
  { name: 'cpu', value: usage => usage.cpu, human: humanCores, whole: 'cpu' },
  { name: 'ram', value: usage => usage.ram, human: humanBytes, whole: 'ram' },
  { name: 'net in', value: usage => usage.rx, human: humanBitRate, whole: 'rx' },
  { name: 'net out', value: usage => usage.tx, human: humanBitRate, whole: 'tx' },
  { name: 'disk reads', value: usage => usage.read, human: humanByteRate },
  { name: 'disk writes', value: usage => usage.write, human: humanByteRate },
]

/** `of`: capacity of an HWM, demand of a VM. */
export function trends(
  context: ViewContext,
  usage: Usage | undefined,
  history: History,
  of: Resources,
): Section {
  const { ages, glyphs, layout } = context
  // The value is worth more than how it came to be.
  const samples = Math.max(SAMPLES_AT_LEAST, Math.min(SAMPLES, layout.columns - BESIDE_SAMPLES))
  if (!usage) {
    return { title: 'IN USE', lines: [line(span('not measured yet', 'dim'))] }
  }
  const isOld = ages.isOld(usage.at, USAGE_LIMIT_MS)
  const lines = SHOWN.map(({ name, value, human, whole }): Line => {
    const limit = whole === undefined ? undefined : of[whole]
    const shown = fact(
      name,
      ...spark(history.map(value), samples, limit, glyphs),
      '  ',
      fit(human(value(usage)), 11, 'right'),
      span(limit === undefined ? '' : ` of ${human(limit)}`, 'dim'),
    )
    return isOld ? restyle(shown, 'dim') : shown
  })
  return { title: isOld ? `IN USE  ${ages.of(usage.at)} ago` : 'IN USE', lines }
}
