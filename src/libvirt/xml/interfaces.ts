// A domain's network interface and its bandwidth limits.
import type { InterfaceDescription } from './description.ts'
import { attribute, element, type XmlElement } from './element.ts'

/** libvirt's bandwidth is in kilobytes a second and is handed to tc as `kbps`: 1000 bytes. */
const BITS_PER_KILOBYTE = 8_000

export function describeInterface(face: XmlElement): InterfaceDescription {
  const source = element(face, 'source')
  const bandwidth = element(face, 'bandwidth')
  const rate = (direction: string): number | undefined => {
    const average = Number(attribute(element(bandwidth, direction), 'average') ?? '0')
    return average > 0 ? average * BITS_PER_KILOBYTE : undefined
  }
  return {
    type: attribute(face, 'type') ?? 'unknown',
    source:
      attribute(source, 'bridge') ??
      attribute(source, 'network') ??
      attribute(source, 'dev') ??
      attribute(source, 'path'),
    mac: attribute(element(face, 'mac'), 'address')?.toLowerCase(),
    model: attribute(element(face, 'model'), 'type'),
    rx: rate('inbound'),
    tx: rate('outbound'),
  }
}
