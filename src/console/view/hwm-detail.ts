// One HWM: capacity per dimension, trends, domains, versions, fence devices, events.
import { STANDARD_DIMENSIONS } from '../../model/resources.ts'
import { humanAmount } from '../../model/human.ts'
import type { HwmView } from '../../model/snapshot.ts'
import { powerKey } from '../actions/documents.ts'
import { HEARTBEAT_LIMIT_MS } from '../ages.ts'
import type { Line, Span } from '../line.ts'
import { line, span } from '../line.ts'
import { hwmMood, hwmWord, KIND_WORDS, vmSeverity, vmWord } from '../states.ts'
import type { Opened } from '../state.ts'
import { fit, naturalKey } from '../text.ts'
import type { PaneView, ViewContext } from './context.ts'
import { cellContext } from './context.ts'
import type { Section } from './document.ts'
import { beside, documentPane, fact, stacked } from './document.ts'
import { evacuationOf } from './evacuating.ts'
import { eventsAbout } from './events-of.ts'
import { reasonLine } from './hwm-screen.ts'
import { bar, percent } from './meters.ts'
import { localTime } from '../times.ts'
import { trends } from './trends.ts'

/** The VMs and events stand beside the facts when the screen is that wide. */
const WIDE = 150

export function hwmDetail(
  context: ViewContext,
  opened: Extract<Opened, { kind: 'hwm' }>,
): readonly PaneView[] {
  const { state, layout } = context
  const title = line(span('HWM ', 'title'), span(opened.name, 'title'))
  const hwm = state.picture.hwm(opened.name)
  if (!hwm) {
    const gone = [line(span(`${opened.name} is no longer in the cluster`, 'warn'))]
    return [documentPane(context, title, gone, 0, 0)]
  }
  const figures = [
    capacity(context, hwm),
    trends(context, hwm.usage, hwm.history, hwm.capacity),
    host(context, hwm),
  ]
  const off = fences(context, hwm)
  const facts = [
    { title: '', lines: [stateLine(context, hwm)] },
    // Of one that is down, whether it is off is what everything waits for.
    ...(hwm.state === 'up' ? [...figures, off] : [off, ...figures]),
  ]
  const others = [domains(context, hwm.name), eventsAbout(context, `hwm:${hwm.name}`, hwm.name)]
  const lines =
    layout.columns >= WIDE
      ? beside(context, stacked(facts), stacked(others))
      : stacked([...facts, ...others])
  return [documentPane(context, title, lines, opened.top, opened.left)]
}

function stateLine(context: ViewContext, hwm: HwmView): Line {
  const { glyphs, ages } = context
  const { word, style, glyph } = hwmWord(hwmMood(hwm), glyphs)
  const pieces: Span[] = [span(`${glyph} ${word}  `, style)]
  if (hwm.state === 'up') {
    pieces.push(span(`since ${ages.of(hwm.since)}`, 'dim'))
    if (hwm.config.maintenance) pieces.push(span('  no VM is placed here', 'warn'))
    const evacuation = evacuationOf(context.state.picture, hwm.name)
    if (evacuation) pieces.push(span(`  ${evacuation.word}`, evacuation.style))
  } else pieces.push(...reasonLine(hwm, cellContext(context)))
  if (hwm.seenAt === undefined) pieces.push(span('  never heard', 'dim'))
  else if (hwm.state === 'up' ? ages.isOldFact(hwm.seenAt) : true)
    pieces.push(span(`  last heard ${ages.of(hwm.seenAt)} ago`, 'warn'))
  return pieces
}

function capacity(context: ViewContext, hwm: HwmView): Section {
  const { glyphs, state } = context
  const own = Object.keys(hwm.capacity).filter(
    name => !(STANDARD_DIMENSIONS as readonly string[]).includes(name),
  )
  const lines: Line[] = []
  for (const dimension of [...STANDARD_DIMENSIONS, ...own.sort()]) {
    const whole = hwm.capacity[dimension]
    const used = hwm.used[dimension]
    if (whole === undefined && used === undefined) continue
    // Networks are rarely asked for by amount: what nobody asked for says nothing.
    if ((dimension === 'rx' || dimension === 'tx') && !used) continue
    if (whole === undefined || whole <= 0) {
      lines.push(
        fact(
          dimension,
          `${humanAmount(dimension, used ?? 0)} given out`,
          span('  of an unknown capacity', 'dim'),
        ),
      )
      continue
    }
    const kept = state.foresight.keptFree?.(hwm.name, dimension) ?? 0
    const reserve = hwm.config.reserve[dimension]
    lines.push(
      fact(
        dimension,
        ...bar((used ?? 0) / whole, kept / whole, 20, glyphs),
        ' ',
        ...percent(used ?? 0, whole),
        `  ${humanAmount(dimension, used ?? 0)}`,
        span(` of ${humanAmount(dimension, whole)}`, 'dim'),
        span(reserve ? `, ${humanAmount(dimension, reserve)} the host's` : '', 'dim'),
      ),
    )
  }
  return {
    title: 'GIVEN OUT TO VMS',
    lines: lines.length > 0 ? lines : [line(span('its capacity is not known', 'dim'))],
  }
}

function host(context: ViewContext, hwm: HwmView): Section {
  const { ages } = context
  const { config } = hwm
  const lines: Line[] = [
    fact('libvirt', hwm.libvirtVersion ?? '-', span(`  ${config.libvirt}`, 'dim')),
  ]
  const hypervisor = [hwm.hypervisor, hwm.cpuModel].filter(part => part !== undefined).join(', ')
  if (hypervisor !== '') lines.push(fact('hypervisor', hypervisor))
  lines.push(...hardware(context, hwm.name))
  if (hwm.hostname !== undefined && hwm.hostname !== hwm.name) {
    lines.push(fact('hostname', hwm.hostname))
  }
  lines.push(
    hwm.daemon
      ? fact(
          'daemon',
          `${hwm.daemon.version}  epoch ${hwm.daemon.epoch}`,
          ages.isOld(hwm.daemon.heartbeatAt, HEARTBEAT_LIMIT_MS)
            ? span(`  silent ${ages.of(hwm.daemon.heartbeatAt)}`, 'bad')
            : span('  heartbeat live', 'dim'),
        )
      : fact('daemon', span('none: failover is by hand', 'dim')),
  )
  lines.push(
    hwm.agent
      ? fact(
          'agent',
          `${hwm.agent.owner} ${hwm.agent.who}`,
          span(hwm.agent.from === '' ? '' : `  from ${hwm.agent.from}`, 'dim'),
        )
      : fact('agent', span('nobody acts on it now', 'dim')),
  )
  lines.push(
    fact('takes in', config.fallback ? 'VMs of others when they fail' : span('nobody', 'dim')),
  )
  const labels = Object.entries(config.labels).map(([key, value]) => `${key}=${value}`)
  if (labels.length > 0) lines.push(fact('labels', labels.join(' ')))
  if (config.migration !== undefined) lines.push(fact('migration', `over ${config.migration}`))
  if (config.watchdog !== undefined) lines.push(fact('watchdog', config.watchdog))
  return { title: 'HOST', lines }
}

/** Options that may hold secrets are never shown, whatever file they came from. */
const SECRET = /pass|secret|key|token/i

function fences(context: ViewContext, hwm: HwmView): Section {
  const devices = hwm.config.fence.map(device => {
    const options = Object.entries(device.options)
      .filter(([name]) => !SECRET.test(name))
      .map(([name, value]) => `${name}=${value}`)
    return fact(device.agent, span(options.join(' '), 'dim'))
  })
  if (devices.length === 0)
    devices.push(line(span('none: that it is off can only be confirmed by a person', 'warn')))
  return {
    title: 'FENCE DEVICES',
    lines: [...devices, ...power(context, hwm.name), ...fenceInForce(context, hwm)],
  }
}

/** What its devices said when this was opened. */
function power({ state, ages }: ViewContext, name: string): Line[] {
  const document = state.documents.get(powerKey(name))
  switch (document?.state) {
    case undefined:
      return []
    case 'asking':
      return [fact('power', span('asking', 'dim'))]
    case 'failed':
      return [fact('power', span(document.why, 'warn'))]
    case 'here': {
      const said = typeof document.value === 'string' ? document.value : ''
      return [
        fact('power', said.replace(`${name}  `, ''), span(`  ${ages.of(document.at)} ago`, 'dim')),
      ]
    }
  }
}

/** Nothing of an earlier epoch may run there; with a proof, its VMs may run elsewhere. */
function fenceInForce({ state }: ViewContext, { fence }: HwmView): Line[] {
  if (!fence) return [fact('fence', span('none in force', 'dim'))]
  const when = localTime(fence.when, state.today)
  return [
    fact(
      'fence',
      span(`in force since ${when}`, 'warn'),
      span(
        `  by ${fence.by}, epoch ${fence.epoch}${fence.why === '' ? '' : `, ${fence.why}`}`,
        'dim',
      ),
    ),
    fence.proof
      ? fact(
          'proof',
          fence.proof.kind,
          span(`  ${localTime(fence.proof.when, state.today)}  ${fence.proof.id}`, 'dim'),
        )
      : fact('proof', span('none: it is suspected only', 'warn')),
  ]
}

/** What only its libvirt knows, asked for when this was opened; memory in bytes. */
function hardware(context: ViewContext, name: string): Line[] {
  const document = context.state.documents.get(`hwm ${name}`)
  if (document?.state !== 'here' || typeof document.value !== 'object' || !document.value) return []
  const { cpus, mhz, memory } = document.value as Partial<Record<'cpus' | 'mhz' | 'memory', number>>
  const cpu = cpus === undefined ? [] : [`${cpus} CPUs${mhz ? ` of ${mhz} MHz` : ''}`]
  const ram = memory === undefined ? [] : [humanAmount('ram', memory)]
  const known = [...cpu, ...ram].join(', ')
  return known === '' ? [] : [fact('hardware', known)]
}

function domains(context: ViewContext, name: string): Section {
  const { state, glyphs } = context
  const { picture } = state
  const vms = [...picture.vmsOn(name)]
    .flatMap(each => picture.vm(each) ?? [])
    .sort(
      (a, b) => vmSeverity(a) - vmSeverity(b) || (naturalKey(a.name) < naturalKey(b.name) ? -1 : 1),
    )
  let width = 8
  for (const vm of vms) width = Math.max(width, Math.min(32, vm.name.length))
  const lines = vms.map(vm => {
    const { word, glyph, style } = vmWord(vm, glyphs)
    return line(
      fit(vm.name, width),
      '  ',
      span(fit(KIND_WORDS[vm.kind], 5), 'dim'),
      '  ',
      span(`${glyph} ${fit(word, 9)}`, style === 'good' ? 'plain' : style),
      span(vm.away ? `  away ${vm.home ?? ''}` : '', 'away'),
    )
  })
  const elsewhere = [...picture.homeOf(name)].filter(each => !picture.vmsOn(name).has(each)).length
  if (elsewhere > 0)
    lines.push(line(span(`${elsewhere} more have their home here and are elsewhere`, 'away')))
  return {
    title: `VM ${vms.length}`,
    lines: lines.length > 0 ? lines : [line(span('none', 'dim'))],
  }
}
