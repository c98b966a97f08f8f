// etcd3 in a bundle: it must find nothing missing where there is no node_modules, and cost nothing before it is needed.
import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { embedEtcdProto } from '../../bin/etcd-proto.mjs'
import { freePorts } from './etcd-process.ts'

const client = fileURLToPath(new URL('../../src/etcd/client.ts', import.meta.url))
/** Prints what it learned of a member, if one is named, and whether Node's http2 was loaded, which only gRPC uses. */
const program = `
const [endpoint] = process.argv.slice(2)
let members
if (endpoint !== undefined) {
  const { openEtcd } = await import(${JSON.stringify(client)})
  const store = await openEtcd({ endpoints: [endpoint] }, 'test')
  members = await store.members()
  await store[Symbol.asyncDispose]()
}
const http2 = process.moduleLoadList.includes('NativeModule http2')
console.log(JSON.stringify({ members, http2 }))
`
/** As in bin/build.mjs: CommonJS inside of an ES module wants these names. */
const banner = `import { createRequire as __cr } from 'node:module'; const require = __cr(import.meta.url), __dirname = '/nowhere';`

let folder: string
let bundle: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yasco-bundle-'))
  const made = join(folder, 'made.mjs')
  await build({
    stdin: { contents: program, resolveDir: folder, loader: 'ts' },
    outfile: made,
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    logLevel: 'silent',
    plugins: [embedEtcdProto],
    banner: { js: banner },
  })
  const elsewhere = await mkdtemp(join(folder, 'elsewhere-'))
  bundle = join(elsewhere, 'program.mjs')
  await cp(made, bundle)
  await rm(made)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const run = promisify(execFile)

it('speaks to etcd from a folder with nothing beside it', async () => {
  const [port] = await freePorts(1)
  const endpoint = `http://127.0.0.1:${port}`
  const { stdout } = await run(process.execPath, [bundle, endpoint], { cwd: '/' })
  const reason = expect.stringMatching(/ECONNREFUSED/)
  const members = [{ endpoint, reachable: false, leader: false, reason }]
  expect(JSON.parse(stdout)).toEqual({ members, http2: true })
})

it('does not load gRPC before it is asked for', async () => {
  const { stdout } = await run(process.execPath, [bundle], { cwd: '/' })
  expect(JSON.parse(stdout)).toEqual({ http2: false })
})

it('fails the build when etcd3 changes what is replaced', async () => {
  const etcd3 = join(folder, 'etcd3', 'lib')
  await cp(fileURLToPath(new URL('../../node_modules/etcd3/lib', import.meta.url)), etcd3, {
    recursive: true,
  })
  const pool = join(etcd3, 'connection-pool.js')
  await writeFile(pool, (await readFile(pool, 'utf8')).replace('loadSync)(', 'loadNow)('))
  const changed = build({
    entryPoints: [pool],
    bundle: true,
    write: false,
    platform: 'node',
    logLevel: 'silent',
    packages: 'external',
    plugins: [embedEtcdProto],
  })
  await expect(changed).rejects.toThrow(/does not read rpc\.proto as it used to/)
})
