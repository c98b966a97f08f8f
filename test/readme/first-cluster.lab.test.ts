// README's "Your first cluster", word for word: its commands are read out of it and run, on three bare hosts, from the packed file, by an
// admin who has neither Node nor anything else of ours.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { Terminal, type Wire } from '../console/language/terminal.ts'
import { readLabSpec } from '../lab/hosts.ts'
import { Lab } from '../lab/index.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const section = readme.slice(
  readme.indexOf('## Your first cluster'),
  readme.indexOf('When a host dies:'),
)
/** A disk of the lab host's own; /etc and most of /var are the machine's. */
const disk = '/var/lib/libvirt/yasco'

let lab: Lab
/** Holds the tarball; what is unpacked at / lies in `folder/root`. */
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'yasco-readme-'))
  const spec = readLabSpec()
  for (const host of Object.values(spec.hosts)) host.etcd = false
  lab = await Lab.up({ name: 'readme', hosts: spec })
})
afterAll(async () => {
  await lab?.down()
  rmSync(folder, { recursive: true, force: true })
})

/** The command of the README that has these words in it; continued lines are one. */
function command(words: string): string {
  const lines = section.replaceAll(/\\\n */g, '').split(/[`\n]/)
  const found = lines.find(each => each.includes(words))
  if (found === undefined) throw new Error(`README has no command with '${words}'`)
  return found.replace(/ {2,}#.*$/, '').trim()
}

/** As the admin's shell runs it, in the folder with the tarball. */
function line(text: string): string[] {
  const here = text
    .replaceAll('tar -C /', `tar -C ${folder}/root`)
    .replaceAll('/usr/local/', `${folder}/root/usr/local/`)
  return [
    'env',
    '-i',
    `PATH=${folder}/root/usr/local/bin:/usr/bin:/bin`,
    'HOME=/root',
    'TERM=xterm',
    'LANG=C.UTF-8',
    `YASCO_CONFIG=${folder}/cluster.yaml`,
    'sh',
    '-c',
    `cd ${folder} && ${here}`,
  ]
}

function run(text: string): Promise<string> {
  return lab.operator.run(line(text), { timeoutMs: 110_000 })
}

/** On a terminal, where `keys` are typed when it shows what stands before them. Gives what it shows in the end. */
async function onTerminal(
  text: string,
  ...keys: readonly (readonly [RegExp, string])[]
): Promise<string> {
  const inside = line(`stty rows 60 cols 120; ${text}`)
    .map(word => `'${word}'`)
    .join(' ')
  const [program = '', ...args] = lab.operator.commandLine('script', '-qefc', inside, '/dev/null')
  const child = spawn(program, args, {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, SHELL: '/bin/sh' },
  })
  const wire: Wire = {
    onOutput: take => child.stdout.setEncoding('utf8').on('data', take),
    input: typed => child.stdin.write(typed),
    resize: () => undefined,
    quiet: () => Promise.resolve(),
    close: () => Promise.resolve(),
  }
  const terminal = new Terminal(wire, 120, 60)
  const ended = once(child, 'exit')
  for (const [wanted, typed] of keys) {
    await vi.waitFor(() => expect(terminal.text()).toMatch(wanted), 20_000)
    wire.input(typed)
  }
  const last = terminal.text()
  const [status] = await ended
  await terminal.read()
  expect([status, terminal.text()]).toEqual([0, terminal.text()])
  // What was drawn on the alternate screen is gone with it.
  return terminal.text().trim() === '' ? last : terminal.text()
}

test('1. the packed file, unpacked, is a program that needs nothing', async () => {
  execFileSync(process.execPath, [join(root, 'bin/package.mjs'), '--to', folder], { cwd: root })
  mkdirSync(join(folder, 'root'))
  await run(command('tar -C /'))
  expect(await run(command('yasco --version'))).toMatch(/^yasco \d+\.\d+\.\d+\n$/)
  // Not even a Node: only what any machine has.
  const tools = join(folder, 'tools')
  mkdirSync(tools)
  for (const tool of ['sh', 'readlink', 'dirname'])
    symlinkSync(`/usr/bin/${tool}`, join(tools, tool))
  const bare = ['env', '-i', `PATH=${tools}`, join(folder, 'root/usr/local/bin/yasco'), 'demo']
  expect(await lab.operator.run(bare)).toMatch(/quark does not answer/)
  expect(readdirSync(join(folder, 'root/usr/local/lib/yasco'))).toEqual(
    expect.arrayContaining(['LICENSE', 'THIRD-PARTY', 'config', 'docs']),
  )
})

test('2. etcd on three bare hosts', async () => {
  const places = `--etc ${disk}/etc --data ${disk}/data`
  const said = await run(command('bring-up').replace('bring-up', `bring-up ${places}`))
  expect(said).toMatch(/endpoints: \[http:\/\/10\.0\.0\.112:2379, /)
}, 120_000)

test('3. a cluster file from what is there', async () => {
  await run(command('yasco import'))
  const file = readFileSync(join(folder, 'cluster.yaml'), 'utf8')
  expect(file).toContain('cluster: innopolis')
  for (const host of ['quark', 'snailin', 'andreys'])
    expect(file).toContain(`libvirt: qemu+ssh://root@${lab.host(host).address}/system`)
  // "Read it over": one of the guests is to come back elsewhere.
  const read = file.replace(/(win7-vmm2: .*ha: )false/, '$1true')
  expect(read).not.toBe(file)
  writeFileSync(join(folder, 'cluster.yaml'), read)
})

test('4. applied, dumped, looked over', async () => {
  const applied = await onTerminal(command('yasco apply'), [/Type yes to go on/, 'yes\n'])
  expect(applied).toMatch(/\+ home of win7-vmm2: quark[^]*applied/)
  const dumped = await onTerminal(command('yasco dump'), [/Type yes to go on/, 'yes\n'])
  expect(dumped).toContain('win7-vmm2')
  expect(await run(`${command('yasco doctor')} || true`)).toMatch(/domain XML/)
})

test('5. the console opens, and shows it', async () => {
  const shown = await onTerminal('yasco', [/innopolis [^]*VM 7 running 7/, 'q'])
  expect(shown).toContain('TOLERATES 1')
})
