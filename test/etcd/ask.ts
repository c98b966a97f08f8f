// A program that asks an etcd from wherever it is started: `ask.ts ACCESS CLUSTER [KEY=VALUE]` prints as JSON the members and what
// lies in the cluster, after it put what it was told to, or why it could not.
import { openEtcd } from '../../src/etcd/client.ts'

const [access = '{}', cluster = '', write] = process.argv.slice(2)
await using store = await openEtcd(JSON.parse(access), cluster)
const members = await store.members()
let refused = ''
try {
  if (write !== undefined) {
    const [key = '', value = ''] = write.split('=')
    await store.commit({ if: [], then: [{ put: key, value }] })
  }
} catch (error) {
  refused = String(error)
}
const { kvs } = await store.list('')
const contents = Object.fromEntries(kvs.map(({ key, value }) => [key, value]))
console.log(JSON.stringify({ members, contents, refused }))
