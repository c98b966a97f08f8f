// Lines 1 and 2: what cluster this is, whether one may act, whether what is seen is live; then counts and the verdict on X.
import type { EtcdView } from '../../model/snapshot.ts'
import type { Line, Segment, Span } from '../line.ts'
import { fitLine, fitSegments, line, lineWidth, span } from '../line.ts'
import { isSettled } from '../../model/operation.ts'
import { stateOf, unfinished } from './operation-words.ts'
import { VM_STATES_WORST_FIRST, vmStateWord } from '../states.ts'
import type { ViewContext } from './context.ts'

export function firstLine(context: ViewContext): Line {
  const { state, layout } = context
  const { snapshot } = state.picture
  const segments: Segment[] = [
    { priority: 90, line: line(span(snapshot?.cluster ?? 'yasco', 'strong')) },
    { priority: 80, line: state.simulated ? line(span('SIMULATED', 'warn')) : [] },
    {
      priority: 70,
      line: snapshot ? modeLine(context, snapshot.readOnly) : [],
    },
    { priority: 60, line: snapshot ? etcdLine(context, snapshot.etcd) : [] },
    {
      priority: 50,
      line:
        snapshot && snapshot.badValues.length > 0
          ? line(span(`${snapshot.badValues.length} unreadable (:problems)`, 'warn'))
          : [],
    },
    { priority: 95, line: liveness(context) },
  ]
  return fitLine([span(' '), ...fitSegments(segments, layout.columns - 2, 3)], layout.columns)
}

/** Whether one may act here, and what acts now. */
function modeLine(context: ViewContext, readOnly: boolean): Line {
  const { state, ages } = context
  const { armed, now } = state
  const pieces: Span[] = []
  if (readOnly) pieces.push(span('READ-ONLY'))
  else if (armed === undefined || now >= armed.until) pieces.push(span('unarmed'))
  else {
    ages.wakeAt(armed.until)
    pieces.push(span(`ARMED till ${armed.till}`, 'warn'))
  }
  const [operation, ...others] = unfinished(context)
  if (operation) {
    const settled = operation.steps.filter(isSettled).length
    const more = others.length > 0 ? ` and ${others.length} more` : ''
    const { word, style } = stateOf(context, operation)
    pieces.push(
      span('   '),
      span(`OPERATION ${word === 'cancelling' ? 'CANCELLING' : word}`, style),
      span(` ${operation.id}: ${settled}/${operation.steps.length}${more}`, 'dim'),
    )
  }
  return pieces
}

function etcdLine(context: ViewContext, etcd: EtcdView): Line {
  const { ages } = context
  const reachable = etcd.members.filter(member => member.reachable).length
  const count = `${reachable}/${etcd.members.length}`
  switch (etcd.state) {
    case 'live': {
      const leader = etcd.members.find(member => member.leader)
      const isWhole = reachable === etcd.members.length
      return [
        span('etcd ', isWhole ? 'plain' : 'warn'),
        span(count, isWhole ? 'plain' : 'warn'),
        ...(leader ? [span('  leader ', 'dim'), span(nameOfMember(context, leader.endpoint))] : []),
      ]
    }
    case 'catching-up':
      return line(span(`etcd ${count} catching up`, 'warn'))
    case 'stale': {
      const last = etcd.seenAt ?? etcd.since
      return line(span(`etcd LOST ${ages.of(last)}`, 'bad'), span(`  ${count} answer`, 'dim'))
    }
    case 'never':
      return line(span(`etcd not reached ${ages.of(etcd.since)}`, 'bad'))
  }
}

/** Members are known by endpoint; an HWM that has the same address lends its name. */
function nameOfMember(context: ViewContext, endpoint: string): string {
  const address = hostOf(endpoint)
  for (const hwm of context.state.picture.snapshot?.config?.hwms ?? []) {
    if (hwm.name === address || hostOf(hwm.libvirt) === address) return hwm.name
  }
  return address
}

/** `10.0.0.112` of `http://10.0.0.112:2379` and of `qemu+ssh://root@10.0.0.112/system`. */
function hostOf(address: string): string {
  const match = /^(?:[\w+.-]+:\/\/)?(?:[^@/]*@)?(\[[^\]]*\]|[^:/?]*)/.exec(address)
  return match?.[1] ?? address
}

/** `live`, or how old the oldest fact is that is being shown as if it were true. */
function liveness(context: ViewContext): Line {
  const { state, ages } = context
  const { link, picture } = state
  switch (link.state) {
    case 'starting':
      return line(span('starting', 'warn'))
    case 'lost':
      return line(
        span(`ENGINE LOST ${ages.of(link.since)}`, 'bad'),
        span('  starting it again', 'dim'),
      )
    case 'fatal':
      return line(span(`ENGINE ENDED ${ages.of(link.since)}`, 'bad'))
    case 'live': {
      const { snapshot } = picture
      if (!snapshot) return []
      if (ages.oldest !== undefined)
        return line(span(`facts of ${ages.of(ages.oldest)} ago`, 'warn'))
      return snapshot.etcd.state === 'live' ? line(span('live', 'good')) : []
    }
  }
}

/** ` HWM 3 up 2 DOWN 1    VM 20 running 16  waiting 4  away 4     TOLERATES 1: NO  snailin: ram short 6 GiB`. */
export function secondLine(context: ViewContext): Line {
  const { state, layout } = context
  const { picture } = state
  if (!picture.snapshot) return fitLine([], layout.columns)
  const roomy = layout.columns >= TWO_GAPS_FROM
  const room = layout.columns - 1
  // How many run is the first that can be left out for those that do not, and for why the verdict is what it is; then the wider gaps.
  const ways = [
    [roomy, true],
    [roomy, false],
    [false, false],
  ] as const
  const composed = ways.map(([isRoomy, withRunning]) => {
    const { head, detail } = verdictLine(context, isRoomy)
    const segments: Segment[] = [
      { priority: 100, line: hwmCounts(context) },
      ...vmCounts(context, isRoomy, withRunning),
      ...(head ? [head] : []),
    ]
    const width = lineWidth(fitSegments(segments, Infinity, 2)) + lineWidth(detail)
    return { segments, detail, doFit: width <= room }
  })
  const [whole, , least] = composed
  // Only a counter-example is worth what it takes from the counts.
  const isWorthIt = !roomy || (whole !== undefined && whole.detail.length > 0)
  const { segments, detail } = isWorthIt ? (composed.find(each => each.doFit) ?? least!) : whole!
  const shown = fitSegments(segments, room, 2)
  const showsDetail = room - lineWidth(shown) >= DETAIL_FROM
  return fitLine(
    [span(' '), ...shown, ...(showsDetail ? detail : [])],
    layout.columns,
    context.glyphs.ellipsis,
  )
}

const TWO_GAPS_FROM = 76
/** Less of a counter-example than this tells nothing. */
const DETAIL_FROM = 12

function hwmCounts({ state: { picture } }: ViewContext): Line {
  const { hwm } = picture.counts
  const pieces: Span[] = [span('HWM ', 'head'), span(String(picture.hwmCount))]
  const add = (word: string, count: number, style: Span['style']) => {
    if (count > 0) pieces.push(span(` ${word} `, style), span(String(count), style))
  }
  add('up', hwm.up, 'plain')
  add('DOWN', hwm.down, 'bad')
  add('REFUSED', hwm.refused, 'bad')
  add('asking', hwm.connecting, 'warn')
  add('maint', hwm.maintenance, 'warn')
  return pieces
}

function vmCounts(
  { state: { picture } }: ViewContext,
  roomy: boolean,
  withRunning: boolean,
): Segment[] {
  const { vm, away } = picture.counts
  const gap = roomy ? '  ' : ''
  const segments: Segment[] = [
    {
      priority: 90,
      line: line(
        gap,
        span('VM ', 'head'),
        String(picture.vmCount),
        span(withRunning && vm.running > 0 ? ` running ${vm.running}` : ''),
      ),
    },
  ]
  for (const [place, state] of VM_STATES_WORST_FIRST.entries()) {
    if (vm[state] === 0 || state === 'running') continue
    const { word, style } = vmStateWord(state)
    segments.push({ priority: 80 - place, line: line(span(`${word} ${vm[state]}`, style)) })
  }
  if (away > 0) segments.push({ priority: 75, line: line(span(`away ${away}`, 'away')) })
  return segments
}

/** The verdict; and its counter-example and how old it is while a newer one is being worked out, as far as there is room. */
function verdictLine(
  context: ViewContext,
  roomy: boolean,
): { readonly head: Segment | undefined; readonly detail: Line } {
  const { state, ages, isPast } = context
  const { verdict, preview } = state.foresight
  const tolerate = verdict?.tolerate ?? state.picture.snapshot?.config?.tolerate
  if (tolerate === undefined) return { head: undefined, detail: [] }
  const gap = roomy ? '   ' : ''
  const words = `TOLERATES ${tolerate}: `
  if (verdict === undefined) {
    const word = preview === undefined ? 'not computed' : preview.problem || 'checking'
    return { head: { priority: 10, line: line(gap, span(`${words}${word}`, 'dim')) }, detail: [] }
  }
  const { holds, because, largest } = verdict
  const isOld = preview?.checkingSince !== undefined || isPast || preview?.problem !== ''
  const age = isOld
    ? span(
        `  of ${ages.of(verdict.at)} ago${preview?.checkingSince === undefined ? '' : ', checking'}`,
        'dim',
      )
    : span('')
  switch (holds) {
    case 'yes':
      return {
        head: { priority: 60, line: line(gap, words, span('yes', 'good')) },
        detail: line(span(largest > tolerate ? `  up to ${largest}` : '', 'dim'), age),
      }
    case 'no':
      return {
        head: { priority: 95, line: line(gap, span(`${words}NO`, 'bad')) },
        detail: line(`  ${because}`, age),
      }
    case 'unknown':
      return {
        head: { priority: 85, line: line(gap, span(`${words}not settled`, 'warn')) },
        detail: line(span('  in the time given', 'dim'), age),
      }
  }
}
