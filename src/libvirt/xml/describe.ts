// Domain XML to its description.
import type {
  BootDescription,
  CpuDescription,
  DomainDescription,
  FilesystemDescription,
  GraphicsDescription,
  HostDeviceDescription,
  SecretReference,
  SerialDescription,
} from './description.ts'
import { YASCO_NAMESPACE } from './description.ts'
import { describeDisk } from './disks.ts'
import {
  attribute,
  DomainXmlError,
  element,
  elements,
  parseXml,
  textOf,
  type XmlElement,
} from './element.ts'
import { describeInterface } from './interfaces.ts'
import { memoryBytes, toMemoryBytes } from './sizes.ts'

/** Reads a domain's XML. Throws `DomainXmlError` when it is no domain, or lacks a name or its memory. */
export function describeDomain(xml: string): DomainDescription {
  const domain = parseXml(xml)
  if (domain.name !== 'domain')
    throw new DomainXmlError(`the root element is <${domain.name}>, not <domain>`)
  const name = textOf(element(domain, 'name'))
  if (name === undefined) throw new DomainXmlError('there is no <name>')
  const devices = element(domain, 'devices')
  const memory = readMemory(domain)
  const current = element(domain, 'currentMemory')
  const vcpus = count(element(domain, 'vcpu'), undefined)
  return {
    name,
    uuid: textOf(element(domain, 'uuid'))?.toLowerCase(),
    title: textOf(element(domain, 'title')),
    description: textOf(element(domain, 'description')),
    type: attribute(domain, 'type') ?? 'unknown',
    arch: attribute(element(domain, 'os', 'type'), 'arch'),
    machine: attribute(element(domain, 'os', 'type'), 'machine'),
    emulator: textOf(element(devices, 'emulator')),
    memory,
    currentMemory: current ? memoryBytes(current) : memory,
    vcpus,
    currentVcpus: count(element(domain, 'vcpu'), 'current') || vcpus,
    cpuLimit: cpuLimit(element(domain, 'cputune'), vcpus),
    cpu: describeCpu(element(domain, 'cpu')),
    boot: describeBoot(element(domain, 'os')),
    features: describeFeatures(element(domain, 'features')),
    disks: elements(devices, 'disk').map(describeDisk),
    interfaces: elements(devices, 'interface').map(describeInterface),
    hostDevices: elements(devices, 'hostdev').map(describeHostDevice),
    filesystems: elements(devices, 'filesystem').map(describeFilesystem),
    graphics: elements(devices, 'graphics').map(describeGraphics),
    serials: elements(devices, 'serial').map(describeSerial),
    tpms: elements(devices, 'tpm').map(tpm => ({
      backend: attribute(element(tpm, 'backend'), 'type') ?? 'unknown',
      model: attribute(tpm, 'model'),
    })),
    guestAgent: elements(devices, 'channel').some(
      channel => attribute(element(channel, 'target'), 'name') === 'org.qemu.guest_agent.0',
    ),
    sharedMemory: elements(devices, 'shmem').map(it => attribute(it, 'name') ?? 'shmem'),
    secrets: devices ? secretsUnder(devices) : [],
    onEvent: {
      poweroff: textOf(element(domain, 'on_poweroff')),
      reboot: textOf(element(domain, 'on_reboot')),
      crash: textOf(element(domain, 'on_crash')),
    },
    yasco: ownMetadata(element(domain, 'metadata')),
  }
}

function readMemory(domain: XmlElement): number {
  const memory = element(domain, 'memory')
  if (memory) return memoryBytes(memory)
  // libvirt takes the sum of the NUMA cells where no memory is stated.
  const cells = elements(element(domain, 'cpu', 'numa'), 'cell')
  if (cells.length === 0) throw new DomainXmlError('there is no <memory>')
  return cells
    .map(cell => toMemoryBytes(attribute(cell, 'memory'), attribute(cell, 'unit'), 'cell'))
    .reduce((sum, bytes) => sum + bytes, 0)
}

/** `<vcpu current='2'>4</vcpu>`: the text, or an attribute; 1 where the element is not there, 0 where the attribute is not. */
function count(vcpu: XmlElement | undefined, name: string | undefined): number {
  const text = name === undefined ? (textOf(vcpu) ?? '1') : (attribute(vcpu, name) ?? '0')
  if (!/^[0-9]{1,5}$/.test(text))
    throw new DomainXmlError(`<vcpu> is '${text}', a number was expected`)
  return Number(text)
}

/** Quotas are microseconds of CPU per period; `quota` counts for each vCPU, `global_quota` for the domain. Negative or 0: none. */
function cpuLimit(cputune: XmlElement | undefined, vcpus: number): number | undefined {
  const limit = (quota: string, period: string, cpus: number): number | undefined => {
    const allowed = Number(textOf(element(cputune, quota)) ?? '0')
    const length = Number(textOf(element(cputune, period)) ?? '100000')
    return allowed > 0 && length > 0 ? Math.round((1000 * cpus * allowed) / length) : undefined
  }
  const limits = [limit('quota', 'period', vcpus), limit('global_quota', 'global_period', 1)]
  const stated = limits.filter(it => it !== undefined)
  return stated.length === 0 ? undefined : Math.min(...stated)
}

function describeCpu(cpu: XmlElement | undefined): CpuDescription {
  const migratable = attribute(cpu, 'migratable')
  return {
    // A model without a mode is a custom one.
    mode: attribute(cpu, 'mode') ?? (element(cpu, 'model') ? 'custom' : undefined),
    model: textOf(element(cpu, 'model')),
    check: attribute(cpu, 'check'),
    migratable: migratable === undefined ? undefined : migratable === 'on',
    features: elements(cpu, 'feature').map(feature => ({
      name: attribute(feature, 'name') ?? '',
      policy: attribute(feature, 'policy') ?? 'require',
    })),
  }
}

function describeBoot(os: XmlElement | undefined): BootDescription {
  const loader = element(os, 'loader')
  const path = textOf(loader)
  const nvram = element(os, 'nvram')
  const source = element(nvram, 'source')
  return {
    firmware: attribute(os, 'firmware'),
    loader: path === undefined ? undefined : { path, type: attribute(loader, 'type') },
    nvram: nvram && {
      path: textOf(nvram) ?? attribute(source, 'file'),
      network: attribute(nvram, 'type') === 'network',
    },
    devices: elements(os, 'boot').flatMap(boot => attribute(boot, 'dev') ?? []),
    kernel: textOf(element(os, 'kernel')),
    initrd: textOf(element(os, 'initrd')),
  }
}

function describeFeatures(features: XmlElement | undefined): string[] {
  const on = (it: XmlElement) => attribute(it, 'state') !== 'off'
  return elements(features)
    .filter(on)
    .flatMap(feature => {
      const inner = elements(feature).filter(on)
      return inner.length === 0 ? [feature.name] : inner.map(it => `${feature.name}.${it.name}`)
    })
}

function describeHostDevice(device: XmlElement): HostDeviceDescription {
  const source = element(device, 'source')
  const part = (name: string) => attribute(element(source, name), 'id')
  const address = Object.values(element(source, 'address')?.attributes ?? {}).join(':')
  const product = [part('vendor'), part('product')].filter(it => it !== undefined).join(':')
  const known = textOf(element(source, 'block')) ?? attribute(element(source, 'adapter'), 'name')
  return {
    type: attribute(device, 'type') ?? attribute(device, 'mode') ?? 'unknown',
    source: product || address || known || attribute(source, 'name') || 'unknown',
  }
}

function describeFilesystem(filesystem: XmlElement): FilesystemDescription {
  const source = element(filesystem, 'source')
  return {
    type: attribute(filesystem, 'type') ?? 'mount',
    source: attribute(source, 'dir') ?? attribute(source, 'file') ?? attribute(source, 'name'),
    target: attribute(element(filesystem, 'target'), 'dir'),
    driver: attribute(element(filesystem, 'driver'), 'type'),
  }
}

function describeGraphics(graphics: XmlElement): GraphicsDescription {
  const port = Number(attribute(graphics, 'port') ?? '-1')
  return {
    type: attribute(graphics, 'type') ?? 'unknown',
    // With autoport the number is this run's only.
    port: port > 0 && attribute(graphics, 'autoport') !== 'yes' ? port : undefined,
    listen: attribute(graphics, 'listen') ?? attribute(element(graphics, 'listen'), 'address'),
  }
}

function describeSerial(serial: XmlElement): SerialDescription {
  return {
    type: attribute(serial, 'type') ?? 'pty',
    path: attribute(element(serial, 'source'), 'path'),
  }
}

/** Every secret that a device names, once. */
function secretsUnder(devices: XmlElement): SecretReference[] {
  const found = new Map<string, SecretReference>()
  const visit = (at: XmlElement): void => {
    const uuid = attribute(at, 'uuid')?.toLowerCase()
    const usage = attribute(at, 'usage')
    if (at.name === 'secret' && (uuid !== undefined || usage !== undefined))
      found.set(`${uuid} ${usage}`, { type: attribute(at, 'type'), uuid, usage })
    for (const child of elements(at)) visit(child)
  }
  visit(devices)
  return [...found.values()]
}

/** `<yasco:vm xmlns:yasco='urn:yasco:domain:1'>`: by the namespace, whatever prefix libvirt or an operator gave it. */
function ownMetadata(metadata: XmlElement | undefined): Record<string, string> {
  for (const child of elements(metadata)) {
    const prefix = child.name.includes(':') ? child.name.split(':')[0] : undefined
    const declared = prefix === undefined ? 'xmlns' : `xmlns:${prefix}`
    const space = child.attributes[declared] ?? metadata?.attributes[declared]
    if (space !== YASCO_NAMESPACE) continue
    const own = Object.entries(child.attributes).filter(([name]) => !name.startsWith('xmlns'))
    const leaves = elements(child).map(leaf => [
      leaf.name.slice(leaf.name.indexOf(':') + 1),
      textOf(leaf) ?? '',
    ])
    return Object.fromEntries([...own, ...leaves])
  }
  return {}
}
