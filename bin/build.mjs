// Bundles the program into dist/: ESM files that run wherever there is Node 24, with nothing beside them.
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { embedEtcdProto } from './etcd-proto.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const dist = join(root, 'dist')
mkdirSync(dist, { recursive: true })

/** ink loads React's devtools only when DEV is set, but names them in an import; a bundle needs something there. */
const withoutDevtools = {
  name: 'without-devtools',
  setup(b) {
    b.onResolve({ filter: /^react-devtools-core$/ }, () => ({
      path: 'react-devtools-core',
      namespace: 'empty',
    }))
    b.onLoad({ filter: /.*/, namespace: 'empty' }, () => ({ contents: 'export default undefined' }))
  },
}

/** ssh2's native parts are never built (see .npmrc); it falls back by itself when they cannot be loaded. */
const withoutNative = {
  name: 'without-native',
  setup(b) {
    b.onResolve({ filter: /\.node$|^cpu-features$/ }, args => ({
      path: args.path,
      namespace: 'native',
    }))
    b.onLoad({ filter: /.*/, namespace: 'native' }, () => ({
      contents: "throw new Error('native part left out on purpose')",
      loader: 'js',
    }))
  },
}

/**
 * Ink's layout engine asks whether there is a fetch for its WebAssembly, which it carries with it. In Node the question alone loads an
 * HTTP client: 15 % of the time to the first frame.
 */
const withoutFetch = {
  name: 'without-fetch',
  setup(b) {
    b.onLoad({ filter: /yoga-layout\/dist\/binaries\/.*\.js$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8')
      if (!text.includes('typeof fetch'))
        throw new Error(`${path} asks for no fetch any more: withoutFetch can go`)
      return { contents: text.replaceAll('typeof fetch', '"undefined"'), loader: 'js' }
    })
  },
}

const { metafile } = await build({
  metafile: true,
  // The solver's worker is a program of its own; beside the parts it is found by its name.
  entryPoints: {
    yasco: join(root, 'src', 'cli', 'main.ts'),
    'solver-worker': join(root, 'src', 'engine', 'solver-worker.ts'),
  },
  // In parts: what a command does not need is never parsed. A start is mostly that.
  outdir: dist,
  entryNames: '[name]',
  chunkNames: 'part-[hash]',
  outExtension: { '.js': '.mjs' },
  splitting: true,
  bundle: true,
  minify: true,
  keepNames: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  jsx: 'automatic',
  sourcemap: 'linked',
  logLevel: 'warning',
  define: {
    'process.env.NODE_ENV': '"production"',
    'process.env.YASCO_VERSION': JSON.stringify(version),
  },
  plugins: [withoutDevtools, withoutFetch, withoutNative, embedEtcdProto],
  banner: {
    js: "import { createRequire as __cr } from 'node:module'; import { dirname as __dn } from 'node:path'; import { fileURLToPath as __fp } from 'node:url'; const require = __cr(import.meta.url), __filename = __fp(import.meta.url), __dirname = __dn(__filename);",
  },
})

// Parts are named by what they hold: those of an earlier build, which this one did not write again, would stay for ever.
const written = new Set(Object.keys(metafile.outputs).map(path => basename(path)))
for (const file of readdirSync(dist)) {
  if (/^part-.*\.mjs(\.map)?$/.test(file) && !written.has(file)) rmSync(join(dist, file))
}
