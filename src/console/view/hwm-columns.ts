// The columns of the HWM table.
import type { HwmView, Usage } from '../../model/snapshot.ts'
import { humanAmount, humanBitRate } from '../../model/human.ts'
import { HEARTBEAT_LIMIT_MS, USAGE_LIMIT_MS } from '../ages.ts'
import type { Line } from '../line.ts'
import { line, restyle, span } from '../line.ts'
import { fit, naturalKey } from '../text.ts'
import { hwmMood, hwmSeverity, hwmWord } from '../states.ts'
import { evacuationOf } from './evacuating.ts'
import { bar, percent, spark } from './meters.ts'
import type { CellContext, Column } from './table.ts'

const PERCENT = 4

function meter(hwm: HwmView, dimension: string, width: number, context: CellContext): Line {
  const whole = hwm.capacity[dimension]
  const used = hwm.used[dimension] ?? 0
  const figure = percent(whole === undefined ? undefined : used, whole)
  const cells = width - PERCENT - 1
  if (cells < 3) return figure
  if (whole === undefined || whole <= 0) return [span(' '.repeat(cells + 1)), ...figure]
  const kept = context.foresight.keptFree?.(hwm.name, dimension) ?? 0
  return [...bar(used / whole, kept / whole, cells, context.glyphs), span(' '), ...figure]
}

function trend(
  hwm: HwmView,
  width: number,
  value: (usage: Usage) => number,
  whole: number | undefined,
  figure: Line,
  figureWidth: number,
  context: CellContext,
): Line {
  const cells = width - figureWidth - 1
  const shown =
    cells < 3
      ? figure
      : [...spark(hwm.history.map(value), cells, whole, context.glyphs), span(' '), ...figure]
  return hwm.usage && context.ages.isOld(hwm.usage.at, USAGE_LIMIT_MS)
    ? restyle(shown, 'dim')
    : shown
}

function rate(hwm: HwmView, which: 'rx' | 'tx', width: number, context: CellContext): Line {
  const now = hwm.usage?.[which]
  const text = now === undefined ? '-' : humanBitRate(now)
  const figure = line(span(fit(text, 10, 'right'), now === undefined ? 'dim' : 'plain'))
  return trend(hwm, width, usage => usage[which], hwm.capacity[which], figure, 10, context)
}

const byNumber = (value: number | undefined) => ({ rank: -(value ?? -1), text: '' })
const byText = (value: string) => ({ rank: 0, text: naturalKey(value) })
const share = (hwm: HwmView, dimension: string) =>
  byNumber((hwm.used[dimension] ?? 0) / (hwm.capacity[dimension] || Number.POSITIVE_INFINITY))

export const HWM_COLUMNS: readonly Column<HwmView>[] = [
  {
    id: 'name',
    title: '  NAME',
    help: 'name',
    least: 9,
    likes: 14,
    most: 0,
    align: 'left',
    priority: 100,
    rank: hwm => byText(hwm.name),
    cell: (hwm, width, { glyphs, name }) => {
      const { glyph, style } = hwmWord(hwmMood(hwm), glyphs)
      return line(span(glyph, style), ' ', span(fit(hwm.name, width - 2), name))
    },
  },
  {
    id: 'state',
    title: 'STATE',
    help: 'state, the worst first',
    least: 4,
    likes: 8,
    most: 8,
    align: 'left',
    priority: 99,
    rank: hwm => ({ rank: hwmSeverity(hwm), text: naturalKey(hwm.name) }),
    cell: (hwm, width, { glyphs, ages, picture }) => {
      const evacuation = hwm.state === 'up' ? evacuationOf(picture, hwm.name) : undefined
      if (evacuation) {
        const { word: whole, short, style: how } = evacuation
        return line(span(whole.length <= width ? whole : short, how))
      }
      const { word, style } = hwmWord(hwmMood(hwm), glyphs)
      const isOld = hwm.state === 'up' && hwm.seenAt !== undefined && ages.isOldFact(hwm.seenAt)
      return isOld ? line(span(`${word} ${ages.of(hwm.seenAt)}`, 'warn')) : line(span(word, style))
    },
  },
  {
    id: 'vms',
    title: 'VM',
    help: 'VMs on it',
    least: 3,
    likes: 3,
    most: 4,
    align: 'right',
    priority: 90,
    rank: (hwm, picture) => byNumber(picture.vmsOn(hwm.name).size),
    cell: (hwm, _width, { picture }) => line(span(String(picture.vmsOn(hwm.name).size))),
  },
  {
    id: 'away',
    title: 'AWAY',
    help: 'VMs on it whose home is elsewhere',
    least: 4,
    likes: 4,
    most: 4,
    align: 'right',
    priority: 60,
    rank: (hwm, picture) => byNumber(picture.awayOn(hwm.name)),
    cell: (hwm, _width, { picture }) => {
      const away = picture.awayOn(hwm.name)
      return away === 0 ? [] : line(span(String(away), 'away'))
    },
  },
  {
    id: 'ram',
    title: 'RAM',
    help: 'memory given out to VMs, of its capacity',
    least: 4,
    likes: 13,
    most: 25,
    align: 'left',
    priority: 80,
    rank: hwm => share(hwm, 'ram'),
    cell: (hwm, width, context) => meter(hwm, 'ram', width, context),
  },
  {
    id: 'cpu',
    title: 'CPU',
    help: 'CPU in use now, of its capacity',
    least: 4,
    likes: 10,
    most: 15,
    align: 'left',
    priority: 70,
    rank: hwm => byNumber((hwm.usage?.cpu ?? 0) / (hwm.capacity['cpu'] || 1)),
    cell: (hwm, width, context) => {
      const whole = hwm.capacity['cpu']
      const figure = percent(hwm.usage?.cpu, whole)
      return trend(hwm, width, usage => usage.cpu, whole, figure, PERCENT, context)
    },
  },
  {
    id: 'storage',
    title: 'STORAGE',
    help: 'storage given out, of its capacity',
    least: 7,
    likes: 13,
    most: 19,
    align: 'left',
    priority: 40,
    rank: hwm => share(hwm, 'storage'),
    cell: (hwm, width, context) => meter(hwm, 'storage', width, context),
  },
  {
    id: 'rx',
    title: 'IN',
    help: 'network traffic in',
    least: 10,
    likes: 10,
    most: 19,
    align: 'right',
    priority: 32,
    rank: hwm => byNumber(hwm.usage?.rx),
    cell: (hwm, width, context) => rate(hwm, 'rx', width, context),
  },
  {
    id: 'tx',
    title: 'OUT',
    help: 'network traffic out',
    least: 10,
    likes: 10,
    most: 19,
    align: 'right',
    priority: 31,
    rank: hwm => byNumber(hwm.usage?.tx),
    cell: (hwm, width, context) => rate(hwm, 'tx', width, context),
  },
  {
    id: 'heard',
    title: 'HEARD',
    help: 'when its libvirt last answered, once that is old',
    least: 6,
    likes: 6,
    most: 6,
    align: 'left',
    priority: 30,
    rank: hwm => ({ rank: hwm.seenAt ?? 0, text: '' }),
    cell: (hwm, _width, { ages }) =>
      hwm.seenAt === undefined
        ? line(span('never', 'dim'))
        : ages.isOldFact(hwm.seenAt)
          ? line(span(ages.of(hwm.seenAt), 'warn'))
          : line(span('now', 'dim')),
  },
  {
    id: 'daemon',
    title: 'DAEMON',
    help: "its daemon's version, and the age of its heartbeat once that is old",
    least: 6,
    likes: 12,
    most: 12,
    align: 'left',
    priority: 20,
    rank: hwm => byText(hwm.daemon?.version ?? ''),
    cell: (hwm, _width, { ages }) => {
      if (!hwm.daemon) return line(span('none', 'dim'))
      const old = ages.isOld(hwm.daemon.heartbeatAt, HEARTBEAT_LIMIT_MS)
      return line(
        span(hwm.daemon.version, old ? 'dim' : 'plain'),
        span(old ? ` ${ages.of(hwm.daemon.heartbeatAt)}` : '', 'warn'),
      )
    },
  },
  {
    id: 'libvirt',
    title: 'LIBVIRT',
    help: 'version of its libvirt',
    least: 7,
    likes: 7,
    most: 8,
    align: 'left',
    priority: 10,
    rank: hwm => byText(hwm.libvirtVersion ?? ''),
    cell: hwm => line(span(hwm.libvirtVersion ?? '-', 'dim')),
  },
  {
    id: 'labels',
    title: 'LABELS',
    help: 'its labels',
    least: 8,
    likes: 12,
    most: 24,
    align: 'left',
    priority: 5,
    rank: hwm => byText(JSON.stringify(hwm.config.labels)),
    cell: hwm => {
      const labels = Object.entries(hwm.config.labels).map(([key, value]) => `${key}=${value}`)
      return line(span(labels.join(' '), 'dim'))
    },
  },
  {
    id: 'size',
    title: 'SIZE',
    help: 'its memory and CPUs',
    least: 14,
    likes: 16,
    most: 18,
    align: 'left',
    priority: 8,
    rank: hwm => byNumber(hwm.capacity['ram']),
    cell: hwm => {
      const has = (dimension: string) => {
        const amount = hwm.capacity[dimension]
        return amount === undefined ? '-' : humanAmount(dimension, amount)
      }
      return line(span(`${has('ram')} ${has('cpu')}`, 'dim'))
    },
  },
]

/** What is shown as long as nobody chose otherwise; the narrower the pane, the fewer of them. */
export const HWM_COLUMNS_SHOWN: readonly string[] = [
  'name',
  'state',
  'vms',
  'away',
  'ram',
  'cpu',
  'storage',
  'heard',
  'rx',
  'tx',
]

/** Those that say which HWM it is; of one that is not up, its reason takes the place of all others. */
export const HWM_COLUMNS_ALWAYS: ReadonlySet<string> = new Set(['name', 'state', 'vms', 'away'])

/** Columns in the order of the reason's place: always ones first. */
export function inOrder(ids: readonly string[]): readonly Column<HwmView>[] {
  const shown = HWM_COLUMNS.filter(column => ids.includes(column.id))
  return [
    ...shown.filter(column => HWM_COLUMNS_ALWAYS.has(column.id)),
    ...shown.filter(column => !HWM_COLUMNS_ALWAYS.has(column.id)),
  ]
}
