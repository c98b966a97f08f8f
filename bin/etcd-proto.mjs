// etcd3 reads its .proto files from its own folder when it is loaded, which a bundle does not have: here they are read
// when the bundle is made, and lie in it as data.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const READS_THE_FILE =
  /\(0, proto_loader_1\.loadSync\)\(`\$\{__dirname\}\/\.\.\/proto\/rpc\.proto`, /

/** An esbuild plugin. Fails the build when etcd3 no longer looks as it did. */
export const embedEtcdProto = {
  name: 'embed-etcd-proto',
  setup(build) {
    build.onLoad({ filter: /[\\/]etcd3[\\/]lib[\\/]connection-pool\.js$/ }, ({ path }) => {
      const code = readFileSync(path, 'utf8')
      if (!READS_THE_FILE.test(code))
        return { errors: [{ text: `${path} does not read rpc.proto as it used to` }] }
      const call = `(0, proto_loader_1.fromJSON)(${JSON.stringify(describe(path))}, `
      return { contents: code.replace(READS_THE_FILE, () => call), loader: 'js' }
    })
  },
}

/** The same that proto-loader would make of the files, by the protobufjs it would use. */
function describe(connectionPool) {
  const loader = createRequire(connectionPool).resolve('@grpc/proto-loader')
  const { Root } = createRequire(loader)('protobufjs')
  const root = new Root()
  root.loadSync(join(dirname(connectionPool), '..', 'proto', 'rpc.proto'), { keepCase: true })
  return root.toJSON()
}
