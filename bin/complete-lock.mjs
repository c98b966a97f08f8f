// Names in package-lock.json every optional package of other platforms that npm left out. A registry that does not carry those (a
// mirror for one platform) makes npm write a lock that 'npm ci' then refuses everywhere. Run after 'npm install PACKAGE':
//   node bin/complete-lock.mjs          (--check: only say whether something is missing)
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const file = join(fileURLToPath(new URL('..', import.meta.url)), 'package-lock.json')
const lock = JSON.parse(readFileSync(file, 'utf8'))
const { packages } = lock

const SYSTEMS = /android|darwin|freebsd|linux|netbsd|openbsd|openharmony|sunos|aix|win32/
const PROCESSORS = /arm64|arm|x64|ia32|riscv64|s390x|ppc64|loong64|mips64el|wasm32/

/** Where npm would find `name` from the package at `path`; undefined: nowhere. */
function placeOf(path, name) {
  for (let at = path; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    const place = `${at === '' ? '' : `${at}/`}node_modules/${name}`
    if (packages[place]) return place
    if (at === '' || !at.includes('/node_modules/')) {
      const top = `node_modules/${name}`
      return packages[top] ? top : undefined
    }
  }
}

const missing = []
for (const [path, { optionalDependencies = {}, dev }] of Object.entries(packages)) {
  for (const [name, range] of Object.entries(optionalDependencies)) {
    if (placeOf(path, name)) continue
    const [, short] = name.match(/\/(.*)$/) ?? [undefined, name]
    missing.push([
      `node_modules/${name}`,
      {
        version: range.replace(/^[\^~]/, ''),
        ...(dev && { dev }),
        optional: true,
        ...(SYSTEMS.test(short) && { os: [SYSTEMS.exec(short)[0]] }),
        ...(PROCESSORS.test(short) && { cpu: [PROCESSORS.exec(short)[0]] }),
        ...(short.includes('musl') && { libc: ['musl'] }),
        ...(/linux.*gnu/.test(short) && { libc: ['glibc'] }),
      },
    ])
  }
}

if (process.argv.includes('--check')) {
  for (const [place] of missing)
    console.error(`package-lock.json does not name ${place}: run node bin/complete-lock.mjs`)
  process.exit(missing.length === 0 ? 0 : 1)
}
const { '': top, ...rest } = { ...packages, ...Object.fromEntries(missing) }
const sorted = Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1))
lock.packages = { '': top, ...Object.fromEntries(sorted) }
writeFileSync(file, `${JSON.stringify(lock, undefined, 2)}\n`)
console.log(`${missing.length} packages of other platforms added`)
