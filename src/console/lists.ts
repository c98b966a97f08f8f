// The lists of a console: names in their order and through their filter, and which of them is selected. They follow the picture
// by what a patch names; a new filter or order takes all anew.
import { isOver, type Operation } from '../model/operation.ts'
import type { FailureSet } from '../model/preview.ts'
import type { ClusterEvent, HwmView, Instant, VmView } from '../model/snapshot.ts'
import { eventLanguage, hwmLanguage, operationLanguage, setLanguage, vmLanguage } from './fields.ts'
import type { Filter } from './filter.ts'
import { parseFilter } from './filter.ts'
import type { Change, Picture } from './picture.ts'
import type { Ordering, Rank } from './sorted-list.ts'
import { SortedList } from './sorted-list.ts'
import type { ListId, ListState } from './state.ts'
import { naturalKey } from './text.ts'
import type { Column } from './view/table.ts'
import { SET_COLUMNS } from './view/fallback-columns.ts'
import { HWM_COLUMNS } from './view/hwm-columns.ts'
import { VM_COLUMNS } from './view/vm-columns.ts'

const NO_OPERATIONS: Readonly<Record<string, Operation>> = {}

/** What the order of a list is made from; when it is another, the list is sorted anew. */
function orderOf(settings: ListState): string {
  return `${settings.sort} ${settings.reverse}`
}

interface Kept<T> {
  readonly list: SortedList<T>
  filter: Filter<T>
  filterText: string
  order: string
  /** Names that changed since the list was last looked at; `all`: take everything. */
  stale: Set<string> | 'all'
}

/** More names than this waiting for a look: take all. */
const STALE_ALL_ABOVE = 2_000

export class Lists {
  readonly #picture: Picture
  readonly #hwm: Kept<HwmView>
  readonly #vm: Kept<VmView>
  readonly #ofHwm: Kept<VmView>
  readonly #place: Kept<HwmView>
  readonly #sets: Kept<FailureSet>
  #setsOf: Readonly<Record<string, FailureSet>> | undefined
  #ofHwmName: string | undefined
  #log: { events: readonly ClusterEvent[]; filter: string; shown: readonly ClusterEvent[] } = {
    events: [],
    filter: '',
    shown: [],
  }
  #logIds: readonly string[] = []
  #logProblem: string | undefined
  #operations: {
    readonly of: Readonly<Record<string, Operation>> | undefined
    readonly filter: string
    readonly problem: string | undefined
    readonly ids: readonly string[]
  } = { of: undefined, filter: '', problem: undefined, ids: [] }
  /** First line of each list's window, kept so that a list scrolls only at its edge. */
  readonly tops = new Map<string, number>()
  /** What was seen as selected: a key is about that, even when the list has changed since and the line was too full to show it. */
  readonly seen = new Map<ListId, string>()
  /** The newest question that was shown, and since when: before that, no key is an answer to it. */
  question: { readonly number: number; readonly shownAt: Instant } | undefined
  /** How far down what is open can be scrolled: only who draws it knows its length. */
  scrollLimit = 0

  constructor(picture: Picture) {
    this.#picture = picture
    this.#hwm = emptyList()
    this.#vm = emptyList()
    this.#ofHwm = emptyList()
    this.#place = emptyList()
    this.#sets = emptyList()
  }

  /** To be told of every patch. Work is put off until a list is looked at. */
  follow(change: Change): void {
    note(this.#hwm, change.all, change.hwms)
    note(this.#place, change.all, change.hwms)
    note(this.#vm, change.all, change.vms)
    // VMs that come and go move the count an HWM may be sorted by.
    for (const list of [this.#hwm, this.#place]) {
      if (
        list.stale !== 'all' &&
        change.vms.length > 0 &&
        /vms|away/.test(`${list.order} ${list.filterText}`)
      ) {
        list.stale = 'all'
      }
    }
    this.#ofHwm.stale = 'all'
  }

  names(id: ListId, settings: ListState, hwm: string | undefined): readonly string[] {
    switch (id) {
      case 'hwm':
        return this.hwms(settings).names
      case 'vm':
        return this.vms(settings).names
      case 'hwm-vms':
        return this.vmsOf(hwm, settings).names
      case 'place':
        return this.places(settings).names
      case 'fallback':
        return this.sets(settings).names
      case 'log':
        this.events(settings)
        return this.#logIds
      case 'operations':
        return this.operations(settings)
    }
  }

  /** Place of `name` in the list, or -1. */
  indexOf(id: ListId, settings: ListState, hwm: string | undefined, name: string): number {
    switch (id) {
      case 'hwm':
        return this.hwms(settings).indexOf(name)
      case 'vm':
        return this.vms(settings).indexOf(name)
      case 'hwm-vms':
        return this.vmsOf(hwm, settings).indexOf(name)
      case 'place':
        return this.places(settings).indexOf(name)
      case 'fallback':
        return this.sets(settings).indexOf(name)
      case 'log':
        this.events(settings)
        return this.#logIds.lastIndexOf(name)
      case 'operations':
        return this.operations(settings).indexOf(name)
    }
  }

  hwms(settings: ListState): SortedList<HwmView> {
    return this.#hwmsIn(this.#hwm, settings)
  }

  /** The HWMs of the picture: they keep their places unless somebody orders them otherwise. */
  places(settings: ListState): SortedList<HwmView> {
    return this.#hwmsIn(this.#place, settings)
  }

  #hwmsIn(kept: Kept<HwmView>, settings: ListState): SortedList<HwmView> {
    const picture = this.#picture
    look(kept, settings, {
      parse: text => parseFilter(text, hwmLanguage(picture)),
      rank: rankBy(HWM_COLUMNS, settings.sort, picture),
      items: () => entries(picture.hwms()),
      item: name => picture.hwm(name),
    })
    return kept.list
  }

  /** The failure sets that the engine lists, the worst first. */
  sets(settings: ListState): SortedList<FailureSet> {
    const picture = this.#picture
    const sets = picture.snapshot?.preview?.sets ?? NO_SETS
    if (sets !== this.#setsOf) this.#sets.stale = 'all'
    this.#setsOf = sets
    look(this.#sets, settings, {
      parse: text => parseFilter(text, setLanguage()),
      rank: rankBy(SET_COLUMNS, settings.sort, picture),
      items: () => Object.entries(sets),
      item: name => sets[name],
    })
    return this.#sets.list
  }

  vms(settings: ListState): SortedList<VmView> {
    const picture = this.#picture
    look(this.#vm, settings, {
      parse: text => parseFilter(text, vmLanguage()),
      rank: rankBy(VM_COLUMNS, settings.sort, picture),
      items: () => entries(picture.vms()),
      item: name => picture.vm(name),
    })
    return this.#vm.list
  }

  /** VMs on an HWM, and those that are away from it. */
  vmsOf(hwm: string | undefined, settings: ListState): SortedList<VmView> {
    if (this.#ofHwmName !== hwm) this.#ofHwm.stale = 'all'
    this.#ofHwmName = hwm
    const picture = this.#picture
    const byColumn = rankBy(VM_COLUMNS, settings.sort, picture)
    look(this.#ofHwm, settings, {
      parse: text => parseFilter(text, vmLanguage()),
      // Those that are elsewhere come last, whatever the order.
      rank: vm => {
        return vm.where === hwm
          ? byColumn(vm)
          : { rank: Number.POSITIVE_INFINITY, text: naturalKey(vm.name) }
      },
      items: () => (hwm === undefined ? [] : vmsConcerning(picture, hwm)),
      item: name => picture.vm(name),
    })
    return this.#ofHwm.list
  }

  /** Events through the filter, oldest first. */
  events(settings: ListState): readonly ClusterEvent[] {
    const events = this.#picture.snapshot?.events ?? []
    if (this.#log.events !== events || this.#log.filter !== settings.filter) {
      const filter = parseFilter(settings.filter, eventLanguage())
      this.#logProblem = filter.problem
      const shown = events.filter(event => filter.shows(event))
      this.#log = { events, filter: settings.filter, shown }
      this.#logIds = shown.map(event => event.id)
    }
    return this.#log.shown
  }

  /** Ids through the filter: those that are not over first, then the newest. */
  operations(settings: ListState): readonly string[] {
    const operations = this.#picture.snapshot?.operations ?? NO_OPERATIONS
    const { filter } = settings
    if (this.#operations.of !== operations || this.#operations.filter !== filter) {
      const parsed = parseFilter(filter, operationLanguage())
      const shown = Object.values(operations)
        .filter(operation => parsed.shows(operation))
        .sort((a, b) => Number(isOver(a)) - Number(isOver(b)) || Number(b.id) - Number(a.id))
      this.#operations = {
        of: operations,
        filter,
        problem: parsed.problem,
        ids: shown.map(({ id }) => id),
      }
    }
    return this.#operations.ids
  }

  /** Items there are, shown or not. */
  total(id: ListId): number {
    switch (id) {
      case 'hwm':
        return this.#picture.hwmCount
      case 'vm':
        return this.#picture.vmCount
      case 'hwm-vms':
        return this.#ofHwm.list.total
      case 'place':
        return this.#picture.hwmCount
      case 'fallback':
        return this.#sets.list.total
      case 'log':
        return this.#picture.snapshot?.events.length ?? 0
      case 'operations':
        return Object.keys(this.#picture.snapshot?.operations ?? {}).length
    }
  }

  /** What could not be understood of the list's filter. */
  problem(id: ListId): string | undefined {
    switch (id) {
      case 'hwm':
        return this.#hwm.filter.problem
      case 'vm':
        return this.#vm.filter.problem
      case 'hwm-vms':
        return this.#ofHwm.filter.problem
      case 'place':
        return this.#place.filter.problem
      case 'fallback':
        return this.#sets.filter.problem
      case 'log':
        return this.#logProblem
      case 'operations':
        return this.#operations.problem
    }
  }
}

const NO_SETS: Readonly<Record<string, FailureSet>> = {}

function emptyList<T>(): Kept<T> {
  const filter: Filter<T> = { text: '', shows: () => true, problem: undefined }
  const ordering: Ordering<T> = {
    rankOf: () => ({ rank: 0, text: '' }),
    reverse: false,
    shows: filter.shows,
  }
  return { list: new SortedList(ordering), filter, filterText: '', order: '', stale: 'all' }
}

function note<T>(list: Kept<T>, all: boolean, names: readonly string[]): void {
  if (all) list.stale = 'all'
  if (list.stale === 'all') return
  for (const name of names) list.stale.add(name)
  if (list.stale.size > STALE_ALL_ABOVE) list.stale = 'all'
}

interface Source<T> {
  parse(text: string): Filter<T>
  rank(item: T): Rank
  items(): Iterable<readonly [string, T]>
  item(name: string): T | undefined
}

function look<T>(kept: Kept<T>, settings: ListState, source: Source<T>): void {
  const order = orderOf(settings)
  const hasNewFilter = kept.filterText !== settings.filter
  if (hasNewFilter) {
    kept.filter = source.parse(settings.filter)
    kept.filterText = settings.filter
  }
  const { filter } = kept
  if (kept.order !== order || kept.stale === 'all') {
    kept.order = order
    kept.stale = new Set()
    kept.list.reset(
      {
        rankOf: item => source.rank(item),
        reverse: settings.reverse,
        shows: item => filter.shows(item),
      },
      source.items(),
    )
    return
  }
  if (kept.stale.size > 0) {
    const names = [...kept.stale]
    kept.stale = new Set()
    kept.list.update(names, name => source.item(name))
  }
  if (hasNewFilter) {
    kept.list.refilter(
      item => filter.shows(item),
      name => source.item(name),
    )
  }
}

function* entries<T extends { readonly name: string }>(
  items: Iterable<T>,
): Generator<readonly [string, T]> {
  for (const item of items) yield [item.name, item]
}

function* vmsConcerning(picture: Picture, hwm: string): Generator<readonly [string, VmView]> {
  for (const name of picture.vmsOn(hwm)) {
    const vm = picture.vm(name)
    if (vm) yield [name, vm]
  }
  for (const name of picture.homeOf(hwm)) {
    const vm = picture.vm(name)
    if (vm && vm.where !== hwm) yield [name, vm]
  }
}

function rankBy<T>(columns: readonly Column<T>[], id: string, picture: Picture): (item: T) => Rank {
  const column = columns.find(candidate => candidate.id === id && candidate.rank)
  // Equal ranks are ordered by name.
  return item => column?.rank?.(item, picture) ?? { rank: 0, text: '' }
}
