import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalXml, xmlHash } from '../../../src/libvirt/xml/canonical.ts'
import { diffLines, diffXml } from '../../../src/libvirt/xml/diff.ts'
import { SAMPLES, sample } from './samples.ts'
import { cpuMsOf } from '../../cpu-time.ts'

/** Writes XML another way without another meaning: order of attributes, quotes, space, references. */
function restyle(xml: string, choose: () => boolean): string {
  const space = () => (choose() ? '\n\t ' : '')
  return xml
    .replace(/<([\w:]+)((?:\s+[\w:]+=(?:'[^']*'|"[^"]*"))+)\s*(\/?)>/g, (_, name, list, end) => {
      const attributes: string[] = String(list).match(/[\w:]+=(?:'[^']*'|"[^"]*")/g) ?? []
      if (choose()) attributes.reverse()
      const written = attributes.map(it => {
        const [, key, value = ''] = /^([\w:]+)=['"](.*)['"]$/.exec(it) ?? []
        const text = choose()
          ? value
          : value.replace(/[a-z]/, c => `&#x${c.charCodeAt(0).toString(16)};`)
        return choose() ? `${key}="${text}"` : `${key} = '${text}'`
      })
      const close = end === '/' && choose() ? `></${name}>` : `${end}>`
      return `<${name}${choose() ? '\n' : ' '}${written.join(choose() ? '\t' : ' ')}${close}`
    })
    .replace(/>\s+</g, () => `>${space()}${choose() ? '<!-- a note -->' : ''}${space()}<`)
    .replace(/<name>([^<]*)<\/name>/, (_, name) =>
      choose() ? `<name><![CDATA[${name}]]></name>` : `<name> ${name}\n</name>`,
    )
}

describe('xmlHash', () => {
  test('is SHA-256 in hex of the canonical text, and stays what it was', () => {
    const text = canonicalXml(sample('test'))
    expect(xmlHash(sample('test'))).toBe(createHash('sha256').update(text).digest('hex'))
    // A change of these is a change of every hash that is stored: a new schema of the store.
    expect(SAMPLES.map(name => xmlHash(sample(name)).slice(0, 16))).toMatchInlineSnapshot(`
      [
        "a62040ab345997c2",
        "52373a8db1f00cf5",
        "b66d75021ae246f5",
        "19e0d163776e7061",
        "fcc2ef2d6ddf217d",
      ]
    `)
  })

  test('is the same however the XML is written', () => {
    fc.assert(
      fc.property(fc.constantFrom(...SAMPLES), fc.infiniteStream(fc.boolean()), (name, flips) => {
        const choose = () => flips.next().value === true
        expect(canonicalXml(restyle(sample(name), choose))).toBe(canonicalXml(sample(name)))
      }),
      { numRuns: 60 },
    )
  })

  test('its canonical text is its own canonical text', () => {
    for (const name of SAMPLES) {
      const text = canonicalXml(sample(name))
      expect(canonicalXml(text)).toBe(text)
    }
  })

  test('changes with any value', () => {
    const xml = sample('ubuntu-vmm2')
    const places = [...xml.matchAll(/='([^']+)'|>([^<>\s][^<]*)</g)].map(it => it.index)
    const hash = xmlHash(xml)
    expect(places.length).toBeGreaterThan(80)
    for (const at of places) {
      const changed = xml.slice(0, at) + xml.slice(at).replace(/(='|>)([^'<]*)/, '$11$2')
      expect(attempt(changed), changed.slice(at - 20, at + 30)).not.toBe(hash)
    }
  })

  test('counts the order of equal elements, not that of others', () => {
    const xml = sample('win7-vmm2')
    const swapped = xml.replace(
      /(<boot dev='hd'\/>)(\s*)(<boot dev='cdrom'\/>)/,
      (_, first, gap, second) => `${second}${gap}${first}`,
    )
    expect(swapped).not.toBe(xml)
    expect(xmlHash(swapped)).not.toBe(xmlHash(xml))
    const moved = xml
      .replace(/<vcpu.*<\/vcpu>\s*/, '')
      .replace('</domain>', "<vcpu placement='static'>2</vcpu></domain>")
    expect(xmlHash(moved)).toBe(xmlHash(xml))
  })

  test('is the same for a running domain as for its definition, where libvirt only adds run-time facts', () => {
    const xml = sample('win7-vmm2')
    const defined = xml
      .replace(" id='7'", '')
      .replace(/\s*<alias [^>]*>/g, '')
      .replace(" tty='/dev/pts/4'", '')
      .replace(/<(image)?label>.*<\/(image)?label>\s*/g, '')
      .replace("unit='GiB'>4<", "unit='KiB'>4194304<")
      .replace('52:54:00:A9:3C:07', '52:54:00:a9:3c:07')
    expect(xmlHash(defined)).toBe(xmlHash(xml))
    expect(xmlHash(xml.replace("name='net0'", "name='ua-net0'"))).not.toBe(xmlHash(xml))
  })

  test('leaves what other programs wrote as it is', () => {
    const noted = (inner: string) =>
      sample('test').replace(
        '<memory',
        `<metadata><a:x xmlns:a="urn:a">${inner}</a:x></metadata><memory`,
      )
    expect(xmlHash(noted('<a:p/><a:o/>'))).not.toBe(xmlHash(noted('<a:o/><a:p/>')))
    expect(xmlHash(noted('<a:p/>text'))).not.toBe(xmlHash(noted('<a:p/>')))
  })

  test('text cannot pretend to be structure', () => {
    const title = (text: string) =>
      sample('test').replace('<memory', `<title>${text}</title><memory`)
    const hashes = ['a&lt;/title&gt;', 'a', 'a&#10;b', 'a b', 'a&amp;#10;b'].map(it =>
      xmlHash(title(it)),
    )
    expect(new Set(hashes).size).toBe(5)
  })
})

function attempt(xml: string): string {
  try {
    return xmlHash(xml)
  } catch {
    return 'refused'
  }
}

describe('diffXml', () => {
  test('nothing for the same domain', () => {
    const xml = sample('freebsd-vmm2')
    expect(diffXml(xml, xml.replaceAll("'", '"'))).toEqual([])
  })

  test('reads like a diff', () => {
    const xml = sample('freebsd-vmm2')
    const changed = xml
      .replace("<source bridge='br0'/>", "<source bridge='br1'/>")
      .replace('<pae/>', '')
    const shown = diffXml(xml, changed, 1).map(({ kind, text }) => `${kind} ${text.trim()}`)
    expect(shown).toMatchInlineSnapshot(`
      [
        "gap 23 lines the same",
        "same <model type='e1000'/>",
        "removed <source bridge='br0'/>",
        "added <source bridge='br1'/>",
        "same </interface>",
        "gap 7 lines the same",
        "same <apic/>",
        "removed <pae/>",
        "same </features>",
        "gap 12 lines the same",
      ]
    `)
  })

  const lines = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 12 })
  test('gives back both sides, with the fewest changes', () => {
    fc.assert(
      fc.property(lines, lines, (a, b) => {
        const diff = diffLines(a, b)
        const side = (kind: string) =>
          diff.filter(it => it.kind === 'same' || it.kind === kind).map(it => it.text)
        expect(side('removed')).toEqual(a)
        expect(side('added')).toEqual(b)
        const changes = diff.filter(it => it.kind !== 'same').length
        expect(changes).toBe(a.length + b.length - 2 * longestCommon(a, b))
      }),
      { numRuns: 500 },
    )
  })

  test('two that have nothing in common are not compared for ever', () => {
    const a = Array.from({ length: 20_000 }, (_, n) => `a${n}`)
    const b = Array.from({ length: 20_000 }, (_, n) => `b${n}`)
    const used = cpuMsOf(() => {
      const diff = diffLines(['same', ...a], ['same', ...b])
      expect(diff).toHaveLength(40_001)
      expect(diff[0]).toEqual({ kind: 'same', text: 'same' })
    })
    expect(used).toBeLessThan(4_000)
  })
})

function longestCommon(a: readonly string[], b: readonly string[]): number {
  let row = Array.from({ length: b.length + 1 }, () => 0)
  for (const x of a) {
    const next = [0]
    b.forEach((y, j) => {
      next.push(x === y ? (row[j] ?? 0) + 1 : Math.max(row[j + 1] ?? 0, next[j] ?? 0))
    })
    row = next
  }
  return row[b.length] ?? 0
}
