// XML as a small tree. fast-xml-parser reads it; what makes XML from elsewhere dangerous (size, depth, document types, entities of one's
// own) is refused before or after, with line and column where there is one.
import { XMLParser, XMLValidator } from 'fast-xml-parser'

export interface XmlElement {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  /** Elements and texts in their order; comments and processing instructions are left out. */
  readonly children: readonly (XmlElement | string)[]
}

/** The text is no XML that is accepted here, or no domain. Line and column from 1, where they are known. */
export class DomainXmlError extends Error {
  override readonly name = 'DomainXmlError'
  readonly line: number | undefined
  readonly column: number | undefined
  constructor(problem: string, line?: number, column?: number) {
    super(`domain XML${line === undefined ? '' : ` line ${line}, column ${column}`}: ${problem}`)
    this.line = line
    this.column = column
  }
}

/** libvirt's own limit of a string in RPC is 4 MiB; the largest real domains are some 100 kB. */
const SIZE_LIMIT = 1 << 20
const DEPTH_LIMIT = 64

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  // Decoded below: only the five of XML and numbers, so that nothing can expand.
  processEntities: false,
  cdataPropName: '#cdata',
  maxNestedTags: DEPTH_LIMIT,
})

/** Reads a document; throws `DomainXmlError`. */
export function parseXml(text: string): XmlElement {
  if (text.length > SIZE_LIMIT)
    throw new DomainXmlError(`it has ${text.length} characters; at most ${SIZE_LIMIT} are read`)
  const document = text.startsWith('\uFEFF') ? text.slice(1) : text
  // XML forbids them, and a terminal would obey them.
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(document))
    throw new DomainXmlError('it has control characters')
  refuseDeclarations(document)
  const valid = XMLValidator.validate(document)
  if (valid !== true) throw new DomainXmlError(valid.err.msg, valid.err.line, valid.err.col)
  // The parser passes over text behind the root.
  if (document.slice(document.lastIndexOf('>') + 1).trim() !== '')
    throw new DomainXmlError('there is text behind the root element')
  const [root, ...more] = children(parse(document)).filter(it => typeof it !== 'string')
  if (root === undefined || more.length > 0)
    throw new DomainXmlError('there is not one root element')
  return root
}

function parse(document: string): unknown {
  try {
    return parser.parse(document)
  } catch (error) {
    throw new DomainXmlError(error instanceof Error ? error.message : String(error))
  }
}

/** Document types bring entities, and with them expansion and files of this machine; no domain XML has one. */
function refuseDeclarations(document: string): void {
  for (let at = document.indexOf('<!'); at >= 0; at = document.indexOf('<!', at)) {
    const close = document.startsWith('<!--', at)
      ? '-->'
      : document.startsWith('<![CDATA[', at)
        ? ']]>'
        : undefined
    const end = close === undefined ? -1 : document.indexOf(close, at)
    if (close === undefined || end < 0) {
      const before = document.slice(0, at)
      const line = before.split('\n').length
      const column = at - before.lastIndexOf('\n')
      const problem =
        close === undefined ? 'document types are not accepted' : `'${close}' is missing`
      throw new DomainXmlError(problem, line, column)
    }
    at = end + close.length
  }
}

/** fast-xml-parser's ordered form: `[{name: [...], ':@': {...}}, {'#text': '...'}]`. */
function children(nodes: unknown): (XmlElement | string)[] {
  if (!Array.isArray(nodes)) return []
  const found: (XmlElement | string)[] = []
  for (const node of nodes as readonly unknown[]) {
    if (typeof node !== 'object' || node === null) continue
    let name: string | undefined
    let content: unknown
    let attributes: unknown
    for (const [key, value] of Object.entries(node)) {
      if (key === ':@') attributes = value
      else {
        name = key
        content = value
      }
    }
    if (name === undefined) continue
    if (name === '#text') found.push(decode(String(content)))
    else if (name === '#cdata') found.push(rawText(content))
    else
      found.push({
        name,
        attributes: readAttributes(attributes),
        children: children(content),
      })
  }
  return found
}

function rawText(content: unknown): string {
  const [first]: unknown[] = Array.isArray(content) ? content : []
  return typeof first === 'object' && first !== null && '#text' in first
    ? String(first['#text'])
    : ''
}

function readAttributes(attributes: unknown): Record<string, string> {
  if (typeof attributes !== 'object' || attributes === null) return {}
  return Object.fromEntries(
    // XML says that line ends and tabs in an attribute are spaces.
    Object.entries(attributes).map(([name, value]) => [
      name,
      decode(String(value).replace(/[\t\n\r]/g, ' ')),
    ]),
  )
}

const ENTITIES: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  amp: '&',
  quot: '"',
  apos: "'",
}

function decode(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(/&([^;&\s]{0,32});?/g, (whole, name: string) => {
    const known = whole.endsWith(';') ? (ENTITIES[name] ?? character(name)) : undefined
    if (known === undefined) throw new DomainXmlError(`'${whole}' is no entity of XML`)
    return known
  })
}

function character(name: string): string | undefined {
  const number = /^#(?:x([0-9a-f]{1,6})|([0-9]{1,7}))$/i.exec(name)
  if (!number) return undefined
  const code = number[1] === undefined ? Number(number[2]) : Number.parseInt(number[1], 16)
  const allowed =
    code === 9 ||
    code === 10 ||
    code === 13 ||
    (code >= 0x20 && code < 0xd800) ||
    (code >= 0xe000 && code <= 0x10ffff)
  return allowed ? String.fromCodePoint(code) : undefined
}

/** The child elements with this name, or all. */
export function elements(of: XmlElement | undefined, name?: string): XmlElement[] {
  return (of?.children ?? []).filter(
    (child): child is XmlElement =>
      typeof child !== 'string' && (name === undefined || child.name === name),
  )
}

/** The first child at the end of this path of names. */
export function element(
  of: XmlElement | undefined,
  ...path: readonly string[]
): XmlElement | undefined {
  let at = of
  for (const name of path) at = elements(at, name)[0]
  return at
}

/** An attribute that is there and not empty. */
export function attribute(of: XmlElement | undefined, name: string): string | undefined {
  const value = of?.attributes[name]
  return value === '' ? undefined : value
}

/** The element's own text without the space around it; undefined when there is none. */
export function textOf(of: XmlElement | undefined): string | undefined {
  if (of === undefined) return undefined
  const text = of.children
    .filter(child => typeof child === 'string')
    .join('')
    .trim()
  return text === '' ? undefined : text
}
