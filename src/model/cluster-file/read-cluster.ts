// The parts of a cluster file that concern the cluster as a whole: how etcd is reached, dimensions, settings.
import { type ClusterConfig, DEFAULT_SETTINGS, type EtcdAccess, type Settings } from '../cluster.ts'
import { DIMENSION, DIMENSION_EXPECTED, NAME, NAME_EXPECTED } from '../names.ts'
import { type Dimension, type Resources, STANDARD_DIMENSIONS } from '../resources.ts'
import {
  API_VERSION,
  CEPH_FIELDS,
  DEFAULT_DOMAINS,
  DEFAULT_TOLERATE,
  ETCD_FIELDS,
  MIGRATION_FIELDS,
  SAFETY_FIELDS,
  SETTINGS_FIELDS,
  TAKEN_DIMENSIONS,
  TLS_FIELDS,
  TOP_FIELDS,
} from './fields.ts'
import type { Item } from './item.ts'
import { readFallbacks, readGroups, readHwms, readVms, type UriProblem } from './read-machines.ts'

const MAX_TOLERATE = 16
const MAX_OVERCOMMIT = 1000
const ENDPOINTS_EXPECTED =
  'a list of etcd endpoints, such as [http://10.0.0.1:2379, http://10.0.0.2:2379]'

/** Reads the whole file; where something is wrong it is noted and a default stands in. */
export function readCluster(root: Item, uriProblem: UriProblem): ClusterConfig {
  const fields = root.fields('a cluster file', TOP_FIELDS)
  fields.required('apiVersion', `'${API_VERSION}'`, it => it.word([API_VERSION]))
  const dimensions = fields.read('dimensions', readDimensions) ?? []
  const failureDomains = fields.read('failureDomains', it => it.text('a label, such as rack'))
  const ceph = fields.read('ceph', readCeph)
  return {
    cluster:
      fields.required('cluster', "the cluster's name", it => it.matching(NAME, NAME_EXPECTED)) ??
      '',
    etcd: fields.required('etcd', 'how etcd is reached', readEtcd) ?? { endpoints: [] },
    tolerate: fields.read('tolerate', it => it.whole(0, MAX_TOLERATE)) ?? DEFAULT_TOLERATE,
    domains: fields.read('domains', readDomains) ?? DEFAULT_DOMAINS,
    dimensions,
    overcommit: fields.read('overcommit', it => readOvercommit(it, dimensions)) ?? {},
    ...(failureDomains === undefined ? {} : { failureDomains }),
    settings: fields.read('settings', readSettings) ?? DEFAULT_SETTINGS,
    hwms:
      fields.required('hwms', 'a map of HWMs', it => readHwms(it, dimensions, uriProblem)) ?? [],
    vms: fields.read('vms', it => readVms(it, dimensions)) ?? [],
    groups: fields.read('groups', readGroups) ?? [],
    fallbacks: fields.read('fallbacks', readFallbacks) ?? [],
    ...(ceph === undefined ? {} : { ceph }),
  }
}

/** Reads only how to reach the cluster: its name and etcd. */
export function readAccess(root: Item): { readonly cluster: string; readonly etcd: EtcdAccess } {
  const fields = root.fields('a cluster file', TOP_FIELDS)
  return {
    cluster:
      fields.required('cluster', "the cluster's name", it => it.matching(NAME, NAME_EXPECTED)) ??
      '',
    etcd: fields.required('etcd', 'how etcd is reached', readEtcd) ?? { endpoints: [] },
  }
}

function readEtcd(item: Item): EtcdAccess {
  const fields = item.fields('etcd', ETCD_FIELDS)
  const endpoints = fields.required('endpoints', ENDPOINTS_EXPECTED, it => {
    const list = it.list(ENDPOINTS_EXPECTED)
    if (list.length === 0) it.expected(ENDPOINTS_EXPECTED, 'no endpoint')
    return list.flatMap(one => readEndpoint(one) ?? [])
  })
  const tls = fields.read('tls', readTls)
  const username = fields.read('username', it => it.text('the name of an etcd user'))
  const passwordFile = fields.read('password-file', it => it.text('the path of a file'))
  if (username !== undefined && passwordFile === undefined)
    item.missing('password-file', `the file with the password of '${username}'`)
  if (passwordFile !== undefined && username === undefined)
    item.missing('username', 'the user whose password that is')
  for (const one of fields.get('endpoints')?.list(ENDPOINTS_EXPECTED) ?? []) {
    const text = one.scalar(ENDPOINTS_EXPECTED)
    if (tls && text?.startsWith('http://')) one.expected('https://, as there is tls', `'${text}'`)
  }
  return {
    endpoints: endpoints ?? [],
    ...(tls === undefined ? {} : { tls }),
    ...(username === undefined ? {} : { username }),
    ...(passwordFile === undefined ? {} : { passwordFile }),
  }
}

function readEndpoint(item: Item): string | undefined {
  const expected = 'an endpoint, such as http://10.0.0.1:2379'
  const text = item.text(expected)
  if (text === undefined) return undefined
  const problem = endpointProblem(text)
  return problem === undefined ? text : item.expected(expected, problem)
}

/** What is wrong with an etcd endpoint; undefined: nothing. A password in it is not repeated. */
export function endpointProblem(text: string): string | undefined {
  const url = URL.parse(text)
  if (url?.username || url?.password)
    return 'an endpoint with a user or password in it (use username and password-file)'
  const isEndpoint =
    url !== null &&
    /^https?:$/.test(url.protocol) &&
    url.pathname === '/' &&
    !url.search &&
    !url.hash
  return isEndpoint && url.hostname !== '' ? undefined : `'${text}'`
}

function readTls(item: Item): EtcdAccess['tls'] {
  const fields = item.fields('tls', TLS_FIELDS)
  const files = Object.fromEntries(
    TLS_FIELDS.flatMap(name => {
      const path = fields.read(name, it => it.text('the path of a file'))
      return path === undefined ? [] : [[name, path] as const]
    }),
  )
  if ('cert' in files && !('key' in files)) item.missing('key', 'the key of the certificate')
  if ('key' in files && !('cert' in files)) item.missing('cert', 'the certificate of the key')
  return files
}

function readDomains(item: Item): string | undefined {
  return item.matching(/^(etcd|\/.*)$/, "the absolute path of the folder of domain XML, or 'etcd'")
}

function readDimensions(item: Item): readonly Dimension[] {
  const dimensions: Dimension[] = []
  for (const one of item.list('a list of names of further dimensions')) {
    const name = one.matching(DIMENSION, DIMENSION_EXPECTED)
    if (name === undefined) continue
    if (TAKEN_DIMENSIONS.includes(name))
      one.expected('another name: this one has a meaning already', `'${name}'`)
    else if (dimensions.includes(name)) one.expected('each name once', `'${name}' a second time`)
    else dimensions.push(name)
  }
  return dimensions
}

function readOvercommit(item: Item, dimensions: readonly Dimension[]): Resources {
  const known = [...STANDARD_DIMENSIONS, ...dimensions]
  const fields = item.fields('overcommit', known)
  const factors: Record<Dimension, number> = {}
  for (const dimension of known) {
    const factor = fields.read(dimension, it => it.factor(MAX_OVERCOMMIT))
    if (factor !== undefined) factors[dimension] = factor
  }
  return factors
}

function readCeph(item: Item): ClusterConfig['ceph'] {
  const fields = item.fields('ceph', CEPH_FIELDS)
  const conf = fields.read('conf', it => it.text('the path of ceph.conf'))
  const user = fields.read('user', it => it.text("a Ceph user's name"))
  return { ...(conf === undefined ? {} : { conf }), ...(user === undefined ? {} : { user }) }
}

function readSettings(item: Item): Settings {
  const fields = item.fields('settings', SETTINGS_FIELDS)
  return {
    migration: fields.read('migration', readMigration) ?? DEFAULT_SETTINGS.migration,
    safety: fields.read('safety', readSafety) ?? DEFAULT_SETTINGS.safety,
    admission:
      fields.read('admission', it => it.word(['warn', 'refuse'])) ?? DEFAULT_SETTINGS.admission,
    homecoming:
      fields.read('homecoming', it => it.word(['by-hand', 'automatic'])) ??
      DEFAULT_SETTINGS.homecoming,
    eventsKeptMs:
      fields.read('eventsKept', it => it.amount('duration')) ?? DEFAULT_SETTINGS.eventsKeptMs,
  }
}

function readMigration(item: Item): Settings['migration'] {
  const fields = item.fields('migration', MIGRATION_FIELDS)
  const defaults = DEFAULT_SETTINGS.migration
  const bandwidth = fields.read('bandwidth', it => it.amount('byte-rate'))
  return {
    unsafe: fields.read('unsafe', it => it.flag()) ?? defaults.unsafe,
    parallelPerHwm: fields.read('parallelPerHwm', it => it.whole(1, 64)) ?? defaults.parallelPerHwm,
    ...(bandwidth === undefined ? {} : { bandwidth }),
  }
}

function readSafety(item: Item): Settings['safety'] {
  const fields = item.fields('safety', SAFETY_FIELDS)
  const time = (name: (typeof SAFETY_FIELDS)[number]): number =>
    fields.read(name, it => it.amount('duration')) ?? DEFAULT_SETTINGS.safety[name]
  return { h: time('h'), ttl: time('ttl'), A: time('A'), D: time('D'), w: time('w') }
}
