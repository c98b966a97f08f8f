// The columns of the VM tables.
import type { VmView } from '../../model/snapshot.ts'
import { humanBitRate, humanByteRate, humanBytes, humanCores } from '../../model/human.ts'
import { USAGE_LIMIT_MS } from '../ages.ts'
import type { Line } from '../line.ts'
import { line, restyle, span } from '../line.ts'
import { fit, naturalKey } from '../text.ts'
import { KIND_WORDS, vmSeverity, vmWord } from '../states.ts'
import { percent, spark } from './meters.ts'
import type { CellContext, Column } from './table.ts'

const byNumber = (value: number | undefined) => ({ rank: -(value ?? -1), text: '' })
const byText = (value: string) => ({ rank: 0, text: naturalKey(value) })

const sum = (a: number | undefined, b: number | undefined) =>
  a === undefined || b === undefined ? undefined : a + b

/** Figures of use are dimmed when they are old, and say nothing of a VM that does not run. */
function inUse(vm: VmView, value: number | undefined, show: (value: number) => string) {
  return (context: CellContext): Line => {
    if (value === undefined || vm.state !== 'running' || !vm.usage) return line(span('-', 'dim'))
    const old = context.ages.isOld(vm.usage.at, USAGE_LIMIT_MS)
    return line(span(show(value), old ? 'dim' : 'plain'))
  }
}

export const VM_COLUMNS: readonly Column<VmView>[] = [
  {
    id: 'name',
    title: 'NAME',
    help: 'name',
    least: 9,
    likes: 14,
    most: 0,
    align: 'left',
    priority: 100,
    rank: vm => byText(vm.name),
    cell: (vm, width, { name }) => line(span(fit(vm.name, width), name)),
  },
  {
    id: 'kind',
    title: 'KIND',
    help: 'HAVM: restarted elsewhere; VM: waits for its HWM; other: not in the cluster file',
    least: 5,
    likes: 5,
    most: 5,
    align: 'left',
    priority: 70,
    rank: vm => byText(vm.kind),
    cell: vm => line(span(KIND_WORDS[vm.kind], vm.kind === 'havm' ? 'plain' : 'dim')),
  },
  {
    id: 'state',
    title: 'STATE',
    help: 'state, the worst first',
    least: 9,
    likes: 11,
    most: 11,
    align: 'left',
    priority: 95,
    rank: vm => ({ rank: vmSeverity(vm), text: naturalKey(vm.name) }),
    cell: (vm, _width, { glyphs }) => {
      const { word, glyph, style } = vmWord(vm, glyphs)
      return style === 'good'
        ? line(span(glyph, 'good'), ` ${word}`)
        : line(span(`${glyph} ${word}`, style))
    },
  },
  {
    id: 'where',
    title: 'WHERE',
    help: 'the HWM it runs on, or ran on when that was last seen',
    least: 5,
    likes: 10,
    most: 0,
    align: 'left',
    priority: 90,
    rank: vm => byText(vm.where ?? '\uffff'),
    cell: (vm, _width, { picture, ages }) => {
      if (vm.where === undefined) return line(span('-', 'dim'))
      const hwm = picture.hwm(vm.where)
      const known = hwm?.state === 'up' && !ages.isOldFact(hwm.seenAt)
      return line(span(vm.where, known ? 'plain' : 'dim'))
    },
  },
  {
    id: 'home',
    title: 'HOME',
    help: 'home, or away and where its home is',
    least: 8,
    likes: 12,
    most: 0,
    align: 'left',
    priority: 80,
    rank: vm => ({ rank: vm.away ? 0 : 1, text: naturalKey(vm.home ?? '') }),
    cell: vm => {
      if (vm.away) return line(span(`away ${vm.home ?? ''}`, 'away'))
      if (vm.home === undefined) return line(span('none', 'dim'))
      return vm.where === vm.home ? line(span('home', 'dim')) : line(span(vm.home, 'dim'))
    },
  },
  {
    id: 'fallback',
    title: 'IF IT FAILS',
    help: 'where it restarts when the HWM it runs on fails',
    least: 8,
    likes: 12,
    most: 18,
    align: 'left',
    priority: 85,
    cell: (vm, _width, { foresight }) => {
      const target = foresight.ifItsHwmFails?.(vm.name, vm.kind)
      if (target === undefined) return []
      return line(span(target, target === 'no room' ? 'bad' : target === 'waits' ? 'dim' : 'plain'))
    },
  },
  {
    id: 'cpu',
    title: 'CPU',
    help: 'CPU in use now, of what it asks for',
    least: 4,
    likes: 9,
    most: 13,
    align: 'left',
    priority: 60,
    rank: vm => byNumber((vm.usage?.cpu ?? 0) / (vm.demand['cpu'] || 1)),
    cell: (vm, width, context) => {
      if (vm.state !== 'running' || !vm.usage) return line(span(fit('-', width, 'right'), 'dim'))
      const whole = vm.demand['cpu']
      const figure = percent(vm.usage.cpu, whole)
      const cells = width - 5
      if (cells < 3) return figure
      const history = vm.history.map(usage => usage.cpu)
      const shown = [...spark(history, cells, whole, context.glyphs), span(' '), ...figure]
      return context.ages.isOld(vm.usage.at, USAGE_LIMIT_MS) ? restyle(shown, 'dim') : shown
    },
  },
  {
    id: 'ram',
    title: 'RAM',
    help: 'memory it asks for',
    least: 8,
    likes: 8,
    most: 8,
    align: 'right',
    priority: 62,
    rank: vm => byNumber(vm.demand['ram']),
    cell: vm => {
      const asked = vm.demand['ram']
      return asked === undefined ? line(span('-', 'dim')) : line(humanBytes(asked))
    },
  },
  {
    id: 'cpus',
    title: 'CPUS',
    help: 'CPUs it asks for',
    least: 5,
    likes: 6,
    most: 6,
    align: 'right',
    priority: 30,
    rank: vm => byNumber(vm.demand['cpu']),
    cell: vm => {
      const asked = vm.demand['cpu']
      return asked === undefined ? line(span('-', 'dim')) : line(humanCores(asked))
    },
  },
  {
    id: 'disk',
    title: 'DISK',
    help: 'block traffic now, reading and writing',
    least: 9,
    likes: 10,
    most: 10,
    align: 'right',
    priority: 40,
    rank: vm => byNumber(sum(vm.usage?.read, vm.usage?.write)),
    cell: (vm, _width, context) =>
      inUse(vm, sum(vm.usage?.read, vm.usage?.write), humanByteRate)(context),
  },
  {
    id: 'net',
    title: 'NET',
    help: 'network traffic now, both ways',
    least: 10,
    likes: 10,
    most: 10,
    align: 'right',
    priority: 42,
    rank: vm => byNumber(sum(vm.usage?.rx, vm.usage?.tx)),
    cell: (vm, _width, context) =>
      inUse(vm, sum(vm.usage?.rx, vm.usage?.tx), humanBitRate)(context),
  },
  {
    id: 'priority',
    title: 'PRIO',
    help: 'priority of its restart',
    least: 4,
    likes: 4,
    most: 5,
    align: 'right',
    priority: 35,
    rank: vm => byNumber(vm.config?.priority),
    cell: vm => line(span(String(vm.config?.priority ?? '-'), 'dim')),
  },
  {
    id: 'since',
    title: 'SINCE',
    help: 'how long it has been in its state, as far as was seen',
    least: 6,
    likes: 6,
    most: 7,
    align: 'right',
    priority: 20,
    rank: vm => byNumber(vm.since),
    cell: (vm, _width, { ages }) => line(span(ages.of(vm.since), 'dim')),
  },
]

/** As long as nobody chose otherwise: on the screen of all VMs ... */
export const VM_COLUMNS_SHOWN: readonly string[] = [
  'name',
  'kind',
  'state',
  'where',
  'home',
  'cpu',
  'ram',
  'disk',
  'net',
]

/** ... and beside the HWM they are on. */
export const VM_COLUMNS_OF_HWM: readonly string[] = ['name', 'kind', 'state', 'home', 'cpu', 'ram']
