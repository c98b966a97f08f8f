// One text for all ways to write the same domain: what is hashed, and what differences are shown in.
//
// Left out, because libvirt or an editor changes them without a change of the domain: comments, declaration, the order of attributes and of
// elements with different names (that of equal names counts, as for disks and boot devices, but not for controllers), space around text,
// kinds of quotes, CDATA and character references, the unit of memory, the case of UUIDs and MAC addresses; and what libvirt writes only
// into the XML of a running domain and ignores when it reads: the id, aliases that are not the user's (ua-), a console's tty, generated
// labels. What lies under <metadata> is other programs' and keeps its order.
// Not left out: what libvirt adds when a domain is defined (addresses, controllers, defaults). Who stores a domain stores libvirt's own XML.
import { createHash } from 'node:crypto'
import { attribute, elements, parseXml, textOf, type XmlElement } from './element.ts'
import { memoryBytes } from './sizes.ts'

/** SHA-256, in hex, of a domain's canonical text. Throws `DomainXmlError`. */
export function xmlHash(xml: string): string {
  return createHash('sha256').update(canonicalXml(xml)).digest('hex')
}

/** The canonical text: one element a line, two spaces a level. It is XML itself, and its own canonical text. */
export function canonicalXml(xml: string): string {
  return `${canonicalLines(xml).join('\n')}\n`
}

export function canonicalLines(xml: string): string[] {
  const lines: string[] = []
  print(parseXml(xml), '', '', lines)
  return lines
}

/** Paths whose text is an amount of memory. */
const MEMORY = new Set([
  '/domain/memory',
  '/domain/currentMemory',
  '/domain/maxMemory',
  '/domain/memtune/hard_limit',
  '/domain/memtune/soft_limit',
  '/domain/memtune/swap_hard_limit',
  '/domain/memtune/min_guarantee',
])

function print(it: XmlElement, above: string, indent: string, lines: string[]): void {
  const path = `${above}/${it.name}`
  const { attributes, text } = MEMORY.has(path) ? inKiB(it) : plain(it, path)
  const shown = Object.entries(attributes)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => ` ${name}='${escape(value)}'`)
    .join('')
  const inner = childrenOf(it, path)
  if (inner.length === 0) {
    lines.push(
      text === undefined
        ? `${indent}<${it.name}${shown}/>`
        : `${indent}<${it.name}${shown}>${escape(text)}</${it.name}>`,
    )
    return
  }
  lines.push(`${indent}<${it.name}${shown}>`)
  // Text beside elements means nothing to libvirt, but would to another program under <metadata>.
  if (text !== undefined) lines.push(`${indent}  ${escape(text)}`)
  for (const child of inner) print(child, path, `${indent}  `, lines)
  lines.push(`${indent}</${it.name}>`)
}

function childrenOf(it: XmlElement, path: string): XmlElement[] {
  if (path.startsWith('/domain/metadata')) return elements(it)
  return elements(it)
    .filter(child => !isGenerated(child, path))
    .map(child => ({ child, rank: rankOf(child, path) }))
    .sort((a, b) => (a.rank < b.rank ? -1 : a.rank > b.rank ? 1 : 0))
    .map(({ child }) => child)
}

/** libvirt sorts controllers anew each time it reads them, in an order that differs with their number (seen with 9.0). */
function rankOf(child: XmlElement, path: string): string {
  if (path !== '/domain/devices' || child.name !== 'controller') return child.name
  const { type = '', index = '', model = '' } = child.attributes
  return [child.name, type, index.padStart(6, '0'), model].join(' ')
}

function isGenerated(child: XmlElement, path: string): boolean {
  if (path.startsWith('/domain/devices/') && child.name === 'alias')
    return !(attribute(child, 'name') ?? '').startsWith('ua-')
  return path === '/domain/seclabel' && (child.name === 'label' || child.name === 'imagelabel')
}

function plain(
  it: XmlElement,
  path: string,
): { attributes: Readonly<Record<string, string>>; text: string | undefined } {
  const text = textOf(it)
  if (path === '/domain') {
    const { id: _runningId, ...attributes } = it.attributes
    return { attributes, text }
  }
  if (path === '/domain/devices/console') {
    const { tty: _thisRun, ...attributes } = it.attributes
    return { attributes, text }
  }
  if (path === '/domain/devices/interface/mac')
    return {
      attributes: { ...it.attributes, address: (it.attributes['address'] ?? '').toLowerCase() },
      text,
    }
  return { attributes: it.attributes, text: path === '/domain/uuid' ? text?.toLowerCase() : text }
}

function inKiB(it: XmlElement): { attributes: Record<string, string>; text: string } {
  return {
    attributes: { ...it.attributes, unit: 'KiB' },
    text: String(memoryBytes(it) / 1024),
  }
}

/** Everything that would end the text, or the line. */
function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll("'", '&apos;')
    .replace(/[\t\n\r\u0085\u2028\u2029]/g, it => `&#${it.codePointAt(0)};`)
}
