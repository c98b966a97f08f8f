// A value in a YAML file on its way to a typed one: reads what is expected, and notes a problem where it finds something else.
// Reading goes on after a problem, so that one run names them all; `undefined` stands for what could not be read.
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type LineCounter,
  type Node,
  visit,
} from 'yaml'
import { expectedAmount, parseAmount, type Quantity } from '../units.ts'
import { type Finding, oneOf, type Path, pathText, type Problem } from './problem.ts'

/**
 * Values reached through aliases in one file. An alias costs a few bytes and can stand for a large part of the file, so without a
 * limit a small file makes a large cluster. The sharing that people write stays far below.
 */
const MAX_ALIASED = 10_000

/** One file being read: its problems so far, and where in it every value stands. */
export class FileReader {
  readonly problems: Problem[] = []
  /** Path to offset of every value that was read. */
  readonly #places = new Map<string, number>()
  readonly #file: string
  readonly #lines: LineCounter
  readonly #document: Document
  #anchors: ReadonlyMap<string, readonly Node[]> | undefined
  #aliased = 0

  constructor(file: string, lines: LineCounter, document: Document) {
    this.#file = file
    this.#lines = lines
    this.#document = document
  }

  root(): Item {
    return new Item(this, [], this.#document.contents, 0)
  }

  /** Notes a problem at an offset of the file. */
  note(finding: Finding, offset: number): void {
    const { line, col } = this.#lines.linePos(offset)
    this.problems.push({
      ...finding,
      file: this.#file,
      line: Math.max(1, line),
      column: Math.max(1, col),
    })
  }

  /** Notes what a check of the whole found, at the value it is about or the nearest one around it. */
  noteFinding(finding: Finding): void {
    let path = finding.path
    while (path.length > 0 && !this.#places.has(pathText(path))) path = path.slice(0, -1)
    this.note(finding, this.#places.get(pathText(path)) ?? 0)
  }

  remember(path: Path, offset: number): void {
    this.#places.set(pathText(path), offset)
  }

  /** Whether the file itself says something at this path (and not a default). */
  says(path: Path): boolean {
    return this.#places.has(pathText(path))
  }

  /** Counts a value that was reached through an alias; false when there are too many of them. */
  countAliased(): boolean {
    this.#aliased++
    return this.#aliased <= MAX_ALIASED
  }

  /** What an alias stands for: the last value before it that has its anchor. */
  resolve(alias: Alias): Node | undefined {
    this.#anchors ??= anchorsOf(this.#document)
    const before = alias.range?.[0] ?? 0
    return this.#anchors.get(alias.source)?.findLast(node => (node.range?.[0] ?? 0) < before)
  }
}

/** All values with an anchor, in the file's order. One walk: the library's own look-up walks the file for each alias. */
function anchorsOf(document: Document): ReadonlyMap<string, readonly Node[]> {
  const anchors = new Map<string, Node[]>()
  visit(document, {
    Node(_key, node) {
      const anchor = isAlias(node) ? undefined : node.anchor
      if (anchor !== undefined) anchors.set(anchor, [...(anchors.get(anchor) ?? []), node])
    },
  })
  return anchors
}

/** A value at a path of the file, or the absence of one. */
export class Item {
  readonly path: Path
  readonly #reader: FileReader
  readonly #node: unknown
  readonly #offset: number
  /** Where its name stands; for an item of a list, the list. */
  readonly #keyOffset: number
  readonly #isAliased: boolean
  readonly #aliasProblem: string = ''

  constructor(reader: FileReader, path: Path, node: unknown, keyOffset: number, isAliased = false) {
    this.#reader = reader
    this.path = path
    const own = node as Node | null | undefined
    this.#keyOffset = keyOffset
    this.#offset = own?.range?.[0] ?? keyOffset
    this.#isAliased = isAliased || isAlias(own)
    if (isAlias(own)) {
      this.#node = reader.resolve(own)
      if (!this.#node) this.#aliasProblem = `the alias *${own.source} of nothing`
    } else this.#node = own
    if (this.#isAliased && !reader.countAliased()) {
      this.#node = undefined
      this.#aliasProblem = `more than ${MAX_ALIASED} values through aliases`
      return
    }
    if (own) reader.remember(path, this.#offset)
  }

  /** Notes an error here: what should be there instead. */
  expected(expected: string, found = this.#found()): undefined {
    this.#reader.note({ severity: 'error', path: this.path, found, expected }, this.#offset)
    return undefined
  }

  /** Notes that a field is missing, at the name of the map that should have it. */
  missing(field: string, expected: string): void {
    const path = [...this.path, field]
    this.#reader.note({ severity: 'error', path, found: 'nothing', expected }, this.#keyOffset)
  }

  /**
   * The fields of a map. A field that is not among `known` is an error that names the nearest one; so is a field twice.
   * `what` says what is read, e.g. `an HWM`. An empty value (`quark:`) is a map without fields.
   */
  fields(what: string, known: readonly string[]): Fields {
    const fields = this.entries(`${what}: a map of ${known.join(', ')}`)
    for (const [name, item] of fields) {
      if (!known.includes(name)) item.#unknownField(name, what, known)
    }
    return new Fields(this, fields, this.isNothing || isMap(this.#node))
  }

  /** The entries of a map with free names. */
  entries(expected: string): Map<string, Item> {
    const found = new Map<string, Item>()
    if (this.isNothing) return found
    if (!isMap(this.#node)) {
      this.expected(expected)
      return found
    }
    for (const pair of this.#node.items) {
      const key = pair.key as Node
      const offset = key?.range?.[0] ?? this.#offset
      const name = scalarText(key)
      if (name === undefined) {
        this.#reader.note(
          {
            severity: 'error',
            path: this.path,
            found: 'a key that is no name',
            expected: 'a name',
          },
          offset,
        )
        continue
      }
      const path = [...this.path, name]
      const first = found.get(name)
      if (first) {
        const finding = {
          severity: 'error',
          path,
          found: `'${name}' a second time`,
          expected: 'each name once',
        } as const
        this.#reader.note(finding, offset)
        continue
      }
      found.set(name, new Item(this.#reader, path, pair.value, offset, this.#isAliased))
    }
    return found
  }

  /** The items of a list. */
  list(expected: string): readonly Item[] {
    if (!isSeq(this.#node)) {
      this.expected(expected)
      return []
    }
    return this.#node.items.map(
      (node, index) =>
        new Item(this.#reader, [...this.path, index], node, this.#offset, this.#isAliased),
    )
  }

  /** A text, or a number as it is written: names may be numbers. */
  text(expected: string): string | undefined {
    const text =
      isScalar(this.#node) && this.#node.value !== null ? scalarText(this.#node) : undefined
    if (
      text === undefined ||
      text === '' ||
      typeof (this.#node as { value?: unknown }).value === 'boolean'
    ) {
      return this.expected(expected)
    }
    return text
  }

  /** A text that a pattern holds for. */
  matching(pattern: RegExp, expected: string): string | undefined {
    const text = this.text(expected)
    return text === undefined || pattern.test(text) ? text : this.expected(expected)
  }

  /** One of a few words. */
  word<const Word extends string>(words: readonly Word[]): Word | undefined {
    const [first] = words
    if (words.length === 1)
      return this.scalar(`'${first}'`) === first ? first : this.expected(`'${first}'`)
    const text = this.text(`one of ${words.join(', ')}`)
    if (text === undefined) return undefined
    return words.find(word => word === text) ?? this.expected(oneOf('a word', text, words))
  }

  /** Any scalar as it is written: `lanplus: 1`, `verbose: true`. */
  scalar(expected: string): string | undefined {
    const text =
      isScalar(this.#node) && this.#node.value !== null ? scalarText(this.#node) : undefined
    return text ?? this.expected(expected)
  }

  flag(): boolean | undefined {
    const value = isScalar(this.#node) ? this.#node.value : undefined
    return typeof value === 'boolean' ? value : this.expected('true or false')
  }

  /** A whole number within limits, both inclusive. */
  whole(minimum: number, maximum: number): number | undefined {
    const value = isScalar(this.#node) ? this.#node.value : undefined
    if (
      typeof value === 'number' &&
      Number.isInteger(value) &&
      value >= minimum &&
      value <= maximum
    )
      return value
    return this.expected(`a whole number from ${minimum} to ${maximum}`)
  }

  /** A number above 0, up to a maximum. */
  factor(maximum: number): number | undefined {
    const value = isScalar(this.#node) ? this.#node.value : undefined
    if (typeof value === 'number' && value > 0 && value <= maximum) return value
    return this.expected(`a number above 0, up to ${maximum}`)
  }

  amount(quantity: Quantity): number | undefined {
    const value = isScalar(this.#node) ? this.#node.value : undefined
    const text =
      typeof value === 'string' || typeof value === 'number' ? scalarText(this.#node) : undefined
    if (text === undefined) return this.expected(expectedAmount(quantity))
    const parsed = parseAmount(quantity, text)
    return parsed.ok
      ? parsed.value
      : this.expected(expectedAmount(quantity), `'${text}', which ${parsed.problem}`)
  }

  get isNothing(): boolean {
    return (
      this.#aliasProblem === '' &&
      (!this.#node || (isScalar(this.#node) && this.#node.value === null))
    )
  }

  #unknownField(name: string, what: string, known: readonly string[]): void {
    const finding = {
      severity: 'error',
      path: this.path,
      found: `the unknown field '${name}'`,
    } as const
    this.#reader.note(
      { ...finding, expected: oneOf(`a field of ${what}`, name, known) },
      this.#keyOffset,
    )
  }

  #found(): string {
    if (this.#aliasProblem !== '') return this.#aliasProblem
    if (this.isNothing) return 'nothing'
    if (isMap(this.#node)) return 'a map'
    if (isSeq(this.#node)) return 'a list'
    if (!isScalar(this.#node)) return 'something else'
    const text = scalarText(this.#node) ?? ''
    if (typeof this.#node.value === 'string') return `'${shortened(text)}'`
    return typeof this.#node.value === 'number' ? `the number ${shortened(text)}` : shortened(text)
  }
}

/** The fields of one map; asking for one that is not there is no problem, unless it is required. */
export class Fields {
  readonly #owner: Item
  readonly #items: ReadonlyMap<string, Item>
  readonly #isMap: boolean

  constructor(owner: Item, items: ReadonlyMap<string, Item>, isItAMap: boolean) {
    this.#owner = owner
    this.#isMap = isItAMap
    this.#items = items
  }

  get(name: string): Item | undefined {
    return this.#items.get(name)
  }

  /** What `read` makes of a field; undefined when it is not there or is wrong. */
  read<T>(name: string, read: (item: Item) => T | undefined): T | undefined {
    const item = this.#items.get(name)
    return item ? read(item) : undefined
  }

  /** The same, and an error when it is not there. */
  required<T>(name: string, expected: string, read: (item: Item) => T | undefined): T | undefined {
    const item = this.#items.get(name)
    if (item) return read(item)
    // Where a list stands instead of the map, that is the one problem.
    if (this.#isMap) this.#owner.missing(name, expected)
    return undefined
  }
}

/** A scalar as the file writes it (numbers keep their digits); undefined for anything else. */
function scalarText(node: unknown): string | undefined {
  if (!isScalar(node)) return undefined
  return typeof node.value === 'string' ? node.value : (node.source ?? String(node.value))
}

function shortened(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`
}
