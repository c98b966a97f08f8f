// Sizes as libvirt writes them: a number and a unit with libvirt's own rules.
import { attribute, DomainXmlError, textOf, type XmlElement } from './element.ts'

/**
 * Bytes of `value` in `unit`, by libvirt's rules: `b`, `byte`, `bytes`; a letter of k m g t p e alone or with `iB` counts in 1024, with `B`
 * in 1000; letters in either case. Undefined when the unit is none.
 */
export function bytesPer(unit: string): number | undefined {
  const lower = unit.toLowerCase()
  if (['b', 'byte', 'bytes'].includes(lower)) return 1
  const shape = /^([kmgtpe])(ib|b)?$/.exec(lower)
  if (!shape) return undefined
  const power = 'kmgtpe'.indexOf(shape[1] ?? '') + 1
  return (shape[2] === 'b' ? 1000 : 1024) ** power
}

/** Reads `<memory unit='GiB'>4</memory>` as bytes, rounded up to whole KiB as libvirt keeps memory. The unit is KiB when none is given. */
export function memoryBytes(of: XmlElement): number {
  return toMemoryBytes(textOf(of), attribute(of, 'unit'), of.name)
}

/** The same for a number and unit in attributes: `<cell memory='512' unit='MiB'/>`. */
export function toMemoryBytes(value: string | undefined, unit = 'KiB', what: string): number {
  if (value === undefined || !/^[0-9]+$/.test(value))
    throw new DomainXmlError(`<${what}> is '${value ?? ''}', a whole number was expected`)
  const scale = bytesPer(unit)
  if (scale === undefined)
    throw new DomainXmlError(`<${what}> has the unit '${unit}', which is none`)
  const bytes = Math.ceil((Number(value) * scale) / 1024) * 1024
  if (!Number.isSafeInteger(bytes)) throw new DomainXmlError(`<${what}> is too large`)
  return bytes
}
