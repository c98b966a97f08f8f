// One VM: where it is and why, what it asks for and uses, its instances, events; and its XML with what differs.
import { humanAmount } from '../../model/human.ts'
import type { VmView } from '../../model/snapshot.ts'
import { documentKey, documentsOf } from '../actions/open.ts'
import { diffLines, withContext } from '../diff.ts'
import type { Line, Span } from '../line.ts'
import { line, span } from '../line.ts'
import type { Opened, VmPage } from '../state.ts'
import { VM_PAGES } from '../state.ts'
import { KIND_WORDS, vmWord } from '../states.ts'
import { fit } from '../text.ts'
import type { PaneView, ViewContext } from './context.ts'
import type { Section } from './document.ts'
import { beside, documentPane, fact, stacked } from './document.ts'
import { eventsAbout } from './events-of.ts'
import { localTime } from '../times.ts'
import { trends } from './trends.ts'
import { vmFallback } from './vm-fallback.ts'
import { xmlLine } from './xml-line.ts'

const WIDE = 150
/** Below it, being away has a line of its own. */
const NARROW = 60

const PAGE_WORDS: Readonly<Record<VmPage, string>> = {
  facts: 'facts',
  live: 'running XML',
  inactive: 'defined XML',
  store: 'stored XML',
  'cache-diff': 'defined/running',
  'store-diff': 'stored/defined',
}

type OpenedVm = Extract<Opened, { kind: 'vm' }>

export function vmDetail(context: ViewContext, opened: OpenedVm): readonly PaneView[] {
  const vm = context.state.picture.vm(opened.name)
  const lines = vm
    ? opened.page === 'facts'
      ? facts(context, vm)
      : xmlPage(context, opened)
    : [line(span(`${opened.name} is no longer in the cluster`, 'warn'))]
  return [documentPane(context, title(context, opened), lines, opened.top, opened.left)]
}

/** The pages stand in the rule above, the open one in its own colour; on a narrow screen only that one. */
function title(context: ViewContext, opened: OpenedVm): Line {
  const pieces: Span[] = [span(`VM ${opened.name}`, 'title'), span('  ')]
  if (context.layout.columns < 100) {
    const at = VM_PAGES.indexOf(opened.page) + 1
    return [
      ...pieces,
      span(PAGE_WORDS[opened.page], 'key'),
      span(` ${at}/${VM_PAGES.length} Tab`, 'dim'),
    ]
  }
  for (const page of VM_PAGES) {
    pieces.push(span(` ${PAGE_WORDS[page]} `, page === opened.page ? 'chosen' : 'dim'))
  }
  return pieces
}

function facts(context: ViewContext, vm: VmView): Line[] {
  const left = [
    { title: '', lines: stateLines(context, vm) },
    demand(vm),
    permit(context, vm),
    vmFallback(context, vm),
    rules(vm),
    trends(context, vm.usage, vm.history, vm.demand),
  ]
  const right = [instances(context, vm), eventsAbout(context, `vm:${vm.name}`, vm.name)]
  return context.layout.columns >= WIDE
    ? beside(context, stacked(left), stacked(right))
    : stacked([...left, ...right])
}

function stateLines(context: ViewContext, vm: VmView): Line[] {
  const { glyphs, ages, state } = context
  const { word, glyph, style } = vmWord(vm, glyphs)
  const where = vm.where === undefined ? undefined : state.picture.hwm(vm.where)
  const pieces: Span[] = [span(`${glyph} ${word}`, style)]
  if (vm.where !== undefined) {
    const isKnown = where?.state === 'up'
    pieces.push(span(isKnown ? ` on ${vm.where}` : ` last seen on ${vm.where}`))
  }
  const away = `away from its home ${vm.home ?? ''}`
  const isNarrow = context.layout.columns < NARROW
  if (vm.away) pieces.push(span(isNarrow ? '' : `, ${away}`, 'away'))
  else if (vm.home !== undefined && vm.home === vm.where) pieces.push(span(', at home', 'dim'))
  else if (vm.home !== undefined) pieces.push(span(`, home ${vm.home}`, 'dim'))
  pieces.push(span(`  since ${ages.of(vm.since)}`, 'dim'))
  const lines: Line[] = [pieces]
  if (vm.away && isNarrow) lines.push(line(span(away, 'away')))
  if (vm.state === 'double') {
    const on = vm.instances.filter(each => each.state === 'running').map(each => each.hwm)
    lines.push(
      line(
        span(`IT RUNS TWICE: on ${on.join(' and ')}. One of them must be stopped at once.`, 'bad'),
      ),
    )
  }
  if (vm.state === 'waiting' && where && where.state !== 'up') {
    lines.push(line(span(`${where.name}: ${where.reason}`, 'warn')))
  }
  return lines
}

function demand(vm: VmView): Section {
  const asks = Object.entries(vm.demand).map(
    ([name, amount]) => `${name} ${humanAmount(name, amount)}`,
  )
  const lines: Line[] = [
    fact(
      'kind',
      KIND_WORDS[vm.kind],
      span(
        vm.kind === 'havm'
          ? `  restarted elsewhere, priority ${vm.config?.priority ?? 0}`
          : vm.kind === 'vm'
            ? '  waits for its HWM'
            : '  the cluster file does not name it',
        'dim',
      ),
    ),
    fact('asks for', asks.length > 0 ? asks.join('  ') : span('not known', 'dim')),
  ]
  if (vm.config) lines.push(fact('should be', vm.config.desired))
  return { title: 'WHAT IT IS', lines }
}

function rules({ config }: VmView): Section {
  const lines: Line[] = []
  if (config?.only) lines.push(fact('only on', config.only.join(' ')))
  if (config?.never) lines.push(fact('never on', config.never.join(' ')))
  if (config?.pinned) lines.push(fact('pinned', 'never moved while it runs'))
  if (config?.order !== undefined) {
    lines.push(
      fact('order', `${config.order}${config.delayMs ? `, ${config.delayMs} ms later` : ''}`),
    )
  }
  return { title: 'RULES', lines }
}

/** The right to run it, and by what it last moved. */
function permit({ state }: ViewContext, vm: VmView): Section {
  const { permit: held } = vm
  if (!vm.config) return { title: 'PERMIT', lines: [] }
  if (!held)
    return {
      title: 'PERMIT',
      lines: [line(span('none yet: it is written with its first operation', 'dim'))],
    }
  const isElsewhere = vm.where !== undefined && vm.where !== held.node
  const lines: Line[] = [
    fact(
      'to run on',
      span(held.node, isElsewhere ? 'warn' : 'plain'),
      span(`  epoch ${held.epoch}${held.phase === '' ? '' : `, ${held.phase}`}`, 'dim'),
    ),
  ]
  const { proof } = held
  if (proof) {
    lines.push(fact('proof', proof.kind, span(proof.id === '' ? '' : `  ${proof.id}`, 'dim')))
    if (proof.when !== '') lines.push(fact('proved', localTime(proof.when, state.today)))
  }
  return { title: 'PERMIT', lines }
}

function instances(context: ViewContext, vm: VmView): Section {
  const { ages, state } = context
  const lines = vm.instances.flatMap(each => {
    const hwm = state.picture.hwm(each.hwm)
    const seenAt = hwm?.state === 'up' ? Math.max(each.seenAt, hwm.seenAt ?? 0) : each.seenAt
    const isOld = ages.isOld(seenAt, ages.factLimitMs)
    return [
      line(
        fit(each.hwm, 12),
        '  ',
        span(
          fit(each.reason === '' ? each.state : `${each.state} (${each.reason})`, 22),
          each.state === 'running' ? 'plain' : 'dim',
        ),
        '  ',
        span(isOld ? `seen ${ages.of(seenAt)} ago` : 'seen now', isOld ? 'warn' : 'dim'),
      ),
      line(
        span(
          `${' '.repeat(14)}${each.uuid}${each.persistent ? '' : '  transient'}${each.autostart ? '  autostart' : ''}`,
          'dim',
        ),
      ),
    ]
  })
  return {
    title: 'DOMAINS',
    lines: lines.length > 0 ? lines : [line(span('no libvirt that answers has it', 'warn'))],
  }
}

function xmlPage(context: ViewContext, opened: OpenedVm): Line[] {
  const texts: string[][] = []
  for (const which of documentsOf(opened.page)) {
    const document = context.state.documents.get(documentKey(opened.name, which))
    if (!document || document.state === 'asking') {
      return [line(span(`asking for the ${PAGE_WORDS[which]}`, 'dim'))]
    }
    if (document.state === 'failed') {
      return [line(span(`no ${PAGE_WORDS[which]}: ${document.why}`, 'warn'))]
    }
    texts.push(typeof document.value === 'string' ? document.value.trimEnd().split('\n') : [])
  }
  const [first = [], second] = texts
  return second ? differences(opened.page, first, second) : first.map(xmlLine)
}

function differences(page: VmPage, before: readonly string[], after: readonly string[]): Line[] {
  const [from, to] = documentsOf(page)
  const shown = withContext(diffLines(before, after), 3)
  const head = line(
    span(`- ${PAGE_WORDS[from ?? 'store']}`, 'removed'),
    span('   '),
    span(`+ ${PAGE_WORDS[to ?? 'live']}`, 'added'),
  )
  if (!shown.some(each => typeof each !== 'number')) {
    return [head, [], line(span('they are the same', 'good'))]
  }
  return [
    head,
    [],
    ...shown.map(each =>
      typeof each === 'number'
        ? line(span(`  ... ${each} lines that are the same`, 'dim'))
        : line(
            span(
              `${each.sign} ${each.text}`,
              each.sign === '+' ? 'added' : each.sign === '-' ? 'removed' : 'dim',
            ),
          ),
    ),
  ]
}
