// Makes the file for the admin's machine and the HWMs: a tarball to unpack at /, with its own Node and nothing to install.
//   npm run package [-- --to FOLDER]     then, as root there:   tar -C / -xzf yasco-VERSION-linux-ARCH.tar.gz
import { execFileSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const option = process.argv.indexOf('--to')
const folder = resolve(option > 0 ? process.argv[option + 1] : join(root, 'dist'))
const file = join(folder, `yasco-${version}-linux-${process.arch}.tar.gz`)

const stage = mkdtempSync(join(tmpdir(), 'yasco-package-'))
const lib = join(stage, 'usr/local/lib/yasco')
mkdirSync(join(lib, 'node/bin'), { recursive: true })
mkdirSync(join(stage, 'usr/local/bin'), { recursive: true })
mkdirSync(folder, { recursive: true })

const nodePackage = join(root, 'node_modules', `node-linux-${process.arch}`)
cpSync(join(nodePackage, 'bin/node'), join(lib, 'node/bin/node'))
for (const name of ['LICENSE', 'README.md']) {
  if (existsSync(join(nodePackage, name))) cpSync(join(nodePackage, name), join(lib, 'node', name))
}
mkdirSync(join(lib, 'bin'))
cpSync(join(root, 'bin/yasco'), join(lib, 'bin/yasco'))
mkdirSync(join(lib, 'dist'))
for (const name of readdirSync(join(root, 'dist'))) {
  if (name.endsWith('.mjs')) cpSync(join(root, 'dist', name), join(lib, 'dist', name))
}
for (const name of ['config', 'docs'])
  cpSync(join(root, name), join(lib, name), { recursive: true })
for (const name of ['LICENSE', 'README.md']) cpSync(join(root, name), join(lib, name))
writeFileSync(join(lib, 'THIRD-PARTY'), thirdParty())
symlinkSync('../lib/yasco/bin/yasco', join(stage, 'usr/local/bin/yasco'))

execFileSync('tar', [
  '-C',
  stage,
  '--sort=name',
  '--owner=0',
  '--group=0',
  '--numeric-owner',
  '-czf',
  file,
  'usr',
])
rmSync(stage, { recursive: true })
console.log(file)

/** The licences of what the bundle holds, as those licences ask: name, version, licence, and their own text. */
function thirdParty() {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  const parts = []
  for (const [path, entry] of Object.entries(lock.packages)) {
    if (path === '' || entry.dev || entry.optional || !existsSync(join(root, path))) continue
    const text = readdirSync(join(root, path)).find(name => /^(licen[cs]e|copying)/i.test(name))
    parts.push(
      `== ${path.replace(/^.*node_modules\//, '')} ${entry.version} (${entry.license ?? 'see text'})\n` +
        (text === undefined ? '' : readFileSync(join(root, path, text), 'utf8')),
    )
  }
  return parts.join('\n')
}
