// Bundles the program into dist/: one ESM file that runs wherever there is Node 24, with nothing beside it.
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { embedEtcdProto } from './etcd-proto.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
mkdirSync(join(root, 'dist'), { recursive: true })

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

await build({
  entryPoints: [join(root, 'src', 'cli', 'main.ts')],
  outfile: join(root, 'dist', 'yasco.mjs'),
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
  plugins: [withoutDevtools, withoutNative, embedEtcdProto],
  banner: {
    js: "import { createRequire as __cr } from 'node:module'; import { dirname as __dn } from 'node:path'; import { fileURLToPath as __fp } from 'node:url'; const require = __cr(import.meta.url), __filename = __fp(import.meta.url), __dirname = __dn(__filename);",
  },
})
