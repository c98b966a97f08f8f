// A domain's disk: where it lies, and how the guest sees it.
import type { DiskDescription, DiskSource } from './description.ts'
import { attribute, element, elements, type XmlElement } from './element.ts'

export function describeDisk(disk: XmlElement): DiskDescription {
  const target = element(disk, 'target')
  const driver = element(disk, 'driver')
  const order = attribute(element(disk, 'boot'), 'order')
  return {
    device: attribute(disk, 'device') ?? 'disk',
    source: describeSource(attribute(disk, 'type') ?? 'file', element(disk, 'source')),
    target: attribute(target, 'dev') ?? '',
    bus: attribute(target, 'bus'),
    format: attribute(driver, 'type'),
    cache: attribute(driver, 'cache'),
    readOnly: element(disk, 'readonly') !== undefined,
    shareable: element(disk, 'shareable') !== undefined,
    bootOrder: order === undefined ? undefined : Number(order),
  }
}

/** A drive without a source is empty: a CD drive without a disc. */
function describeSource(type: string, source: XmlElement | undefined): DiskSource | undefined {
  if (source === undefined) return undefined
  switch (type) {
    case 'file':
      return atPath('file', attribute(source, 'file'))
    case 'block':
      return atPath('block', attribute(source, 'dev'))
    case 'dir':
      return atPath('dir', attribute(source, 'dir'))
    case 'vhostuser':
      return atPath('vhostuser', attribute(source, 'path'))
    case 'volume': {
      const [pool, volume] = [attribute(source, 'pool'), attribute(source, 'volume')]
      return pool !== undefined && volume !== undefined
        ? { kind: 'volume', pool, volume }
        : undefined
    }
    case 'network':
      return describeNetwork(source)
    default:
      return { kind: 'other', type }
  }
}

function atPath(
  kind: 'file' | 'block' | 'dir' | 'vhostuser',
  path: string | undefined,
): DiskSource | undefined {
  return path === undefined ? undefined : { kind, path }
}

function describeNetwork(source: XmlElement): DiskSource {
  const protocol = attribute(source, 'protocol') ?? 'unknown'
  const name = attribute(source, 'name') ?? ''
  // RBD namespaces make it pool/namespace/image.
  const slash = protocol === 'rbd' ? name.indexOf('/') : -1
  return {
    kind: 'network',
    protocol,
    name,
    pool: slash < 0 ? undefined : name.slice(0, slash),
    image: slash < 0 ? undefined : name.slice(slash + 1),
    hosts: elements(source, 'host').map(host => {
      const port = attribute(host, 'port')
      return {
        name: attribute(host, 'name') ?? attribute(host, 'socket') ?? '',
        port: port === undefined ? undefined : Number(port),
      }
    }),
  }
}
