// Whether each VM could run on the other HWMs that may take it: its CPU, networks, secrets, disks. Asks libvirt about CPUs, nothing else.
import type { DomainDescription } from '../../libvirt/xml/description.ts'
import { describeDomain } from '../../libvirt/xml/describe.ts'
import { DomainXmlError } from '../../libvirt/xml/element.ts'
import { migrationObstacles } from '../../libvirt/xml/obstacles.ts'
import { findMount } from '../../domains/mount-table.ts'
import type { ClusterConfig, Vm } from '../../model/cluster.ts'
import { mayRun } from '../../model/placement.ts'
import { type Check, checksAbout, learn } from './check.ts'
import type { HwmFacts, LibvirtFacts } from './gather.ts'
import { isShared } from './hwm-checks.ts'

/** A VM as some HWM has it. */
interface Source {
  readonly vm: Vm
  readonly on: HwmFacts
  readonly xml: string
  readonly domain: DomainDescription
}

interface Target extends HwmFacts {
  readonly libvirt: { readonly ok: true; readonly value: LibvirtFacts }
}

export async function moveChecks(
  signal: AbortSignal,
  config: ClusterConfig,
  hwms: readonly HwmFacts[],
): Promise<readonly Check[]> {
  const targets = hwms.filter((facts): facts is Target => facts.libvirt.ok)
  const comparisons = new Map<string, Promise<string | undefined>>()
  const all = await Promise.all(
    config.vms.map(async vm => {
      const source = sourceOf(vm, targets)
      if (!source) return []
      const others = targets.filter(
        ({ hwm }) => hwm.name !== source.on.hwm.name && mayRun(vm, hwm.name),
      )
      return checkVm(signal, config, source, others, comparisons)
    }),
  )
  return all.flat()
}

function sourceOf(vm: Vm, targets: readonly Target[]): Source | undefined {
  const holders = targets.filter(({ libvirt }) => libvirt.value.xmls.get(vm.name)?.ok)
  const on =
    holders.find(({ libvirt }) =>
      libvirt.value.domains.some(({ name, state }) => name === vm.name && state === 'running'),
    ) ?? holders[0]
  const xml = on?.libvirt.value.xmls.get(vm.name)
  if (!on || !xml?.ok) return undefined
  try {
    return { vm, on, xml: xml.value, domain: describeDomain(xml.value) }
  } catch (error) {
    if (error instanceof DomainXmlError) return undefined
    throw error
  }
}

async function checkVm(
  signal: AbortSignal,
  config: ClusterConfig,
  source: Source,
  others: readonly Target[],
  comparisons: Map<string, Promise<string | undefined>>,
): Promise<readonly Check[]> {
  const { vm, domain } = source
  const { ok, warn, fail } = checksAbout(`vm ${vm.name}`)
  const make = vm.ha ? fail : warn
  const checks: Check[] = []
  const obstacles = migrationObstacles(domain, { paths: sharedPaths(source.on, config) })
  if (others.length > 0) {
    for (const { stops, what, why } of obstacles) {
      const isSerious = vm.ha && stops !== 'live'
      const todo =
        stops === 'live'
          ? 'it can only be moved while it is off'
          : 'put it on shared storage, or name its only HWM in the cluster file (only: [...])'
      checks.push((isSerious ? fail : warn)('moving', `${what}: ${why}`, todo))
    }
  }
  const able: string[] = []
  for (const target of others) {
    const cpu = await cpuProblem(signal, source, target, comparisons)
    const problems = [...missingOn(domain, target), ...(cpu === undefined ? [] : [cpu])]
    if (problems.length === 0) able.push(target.hwm.name)
    else
      checks.push(
        make(
          `moving to ${target.hwm.name}`,
          problems.map(({ found }) => found).join('; '),
          problems.map(({ todo }) => todo).join('; '),
        ),
      )
  }
  if (able.length > 0 && obstacles.length === 0)
    checks.push(ok('moving', `could run on ${able.join(', ')}`))
  return checks
}

/** Folders that other HWMs see too: network file systems, and whatever the domain store lies on. */
function sharedPaths({ probe }: HwmFacts, config: ClusterConfig): readonly string[] {
  if (!probe.ok) return config.domains === 'etcd' ? [] : [config.domains]
  const mounts = probe.value.mounts.split('\n').flatMap(line => {
    const [, at = '', type = ''] = line.split(' ')
    return isShared(type) ? [at] : []
  })
  if (config.domains === 'etcd') return mounts
  const { at } = findMount(probe.value.mounts, config.domains)
  return [...mounts, at === '/' ? config.domains : at]
}

interface Problem {
  readonly found: string
  readonly todo: string
}

function missingOn(domain: DomainDescription, { libvirt, probe }: Target): readonly Problem[] {
  const problems: Problem[] = []
  const { networks, secrets } = libvirt.value
  for (const { type, source } of domain.interfaces) {
    if (source === undefined) continue
    if (
      type === 'network' &&
      networks.ok &&
      !networks.value.some(({ name, active }) => name === source && active)
    ) {
      problems.push({
        found: `no active network '${source}'`,
        todo: `define and start it there (virsh net-start ${source})`,
      })
    }
    if (type === 'bridge' && probe.ok && !probe.value.bridges.includes(source)) {
      problems.push({ found: `no bridge '${source}'`, todo: 'set it up there' })
    }
  }
  for (const { uuid, usage, type } of domain.secrets) {
    if (!secrets.ok) continue
    const isThere = secrets.value.some(secret =>
      uuid !== undefined ? secret.uuid === uuid : secret.usageId === usage,
    )
    if (!isThere) {
      problems.push({
        found: `no ${type ?? ''} secret ${uuid ?? usage}`.replace('  ', ' '),
        todo: 'define it there (virsh secret-define, secret-set-value)',
      })
    }
  }
  return problems
}

/** Undefined: it fits, or the VM asks for nothing in particular. One question per CPU and host, however many VMs share it. */
async function cpuProblem(
  signal: AbortSignal,
  { xml, domain }: Source,
  { hwm, libvirt }: Target,
  asked: Map<string, Promise<string | undefined>>,
): Promise<Problem | undefined> {
  // An emulated CPU runs anywhere; one that follows its host cannot be told from here.
  if (
    domain.type !== 'kvm' ||
    domain.cpu.mode === 'host-passthrough' ||
    domain.cpu.mode === 'host-model'
  )
    return undefined
  const cpuXml = cpuOf(xml)
  if (cpuXml === undefined) return undefined
  const key = JSON.stringify([hwm.name, cpuXml, domain.type, domain.arch, domain.machine])
  let answer = asked.get(key)
  if (!answer) {
    answer = compare(signal, libvirt.value, cpuXml, domain)
    asked.set(key, answer)
  }
  const found = await answer
  return found === undefined ? undefined : { found, todo: 'choose a CPU model that all HWMs have' }
}

async function compare(
  signal: AbortSignal,
  { hypervisor }: LibvirtFacts,
  cpuXml: string,
  domain: DomainDescription,
): Promise<string | undefined> {
  const query = {
    virtType: domain.type,
    ...(domain.arch !== undefined && { arch: domain.arch }),
    ...(domain.machine !== undefined && { machine: domain.machine }),
    ...(domain.emulator !== undefined && { emulator: domain.emulator }),
  }
  const answer = await learn(signal, hypervisor.compareCpu(cpuXml, query, { signal }))
  if (!answer.ok) return `its CPU could not be compared (${answer.why})`
  return answer.value === 'incompatible' ? 'its CPU cannot do what the VM was given' : undefined
}

/** The guest's <cpu> element; undefined when it has none, or one that names neither model nor features. */
function cpuOf(xml: string): string | undefined {
  const element = /<cpu(?:\s[^>]*)?>[\s\S]*?<\/cpu>/.exec(xml)?.[0]
  return element !== undefined && /<(model|feature)\b/.test(element) ? element : undefined
}
