// Which cluster a command works on, and how its etcd is reached: options, then variables, then the usual place.
import { readFile } from 'node:fs/promises'
import type { EtcdAccess } from '../model/cluster.ts'
import type { StateStore } from '../etcd/store.ts'
import type { Context } from './context.ts'
import { WrongUse } from './exit.ts'

export interface Access {
  readonly cluster: string
  readonly etcd: EtcdAccess
}

export const USUAL_CONFIG = '/etc/yasco/cluster.yaml'

/** Finds the cluster that is meant. Throws `WrongUse`, or `ClusterFileInvalid` when the file that says so cannot be read. */
export async function findCluster({
  options,
  io: { env },
}: Pick<Context, 'options' | 'io'>): Promise<Access> {
  const etcd = options.text('etcd')
  const cluster = options.text('cluster')
  const config = options.text('config')
  if (config !== undefined) return override(await accessOf(config), etcd, cluster)
  const etcdAnywhere = etcd ?? nonEmpty(env['YASCO_ETCD'])
  const clusterAnywhere = cluster ?? nonEmpty(env['YASCO_CLUSTER'])
  if (etcdAnywhere !== undefined && clusterAnywhere !== undefined) {
    return { cluster: await checkedName(clusterAnywhere), etcd: await endpointsOf(etcdAnywhere) }
  }
  const file = nonEmpty(env['YASCO_CONFIG'])
  if (file !== undefined) return override(await accessOf(file), etcdAnywhere, clusterAnywhere)
  const usual = await readIfThere(USUAL_CONFIG)
  if (usual !== undefined)
    return override(await accessIn(usual, USUAL_CONFIG), etcdAnywhere, clusterAnywhere)
  throw new WrongUse(
    `which cluster? Give --config FILE, or --etcd ENDPOINTS and --cluster NAME (or YASCO_CONFIG, YASCO_ETCD, YASCO_CLUSTER); there is no ${USUAL_CONFIG}. To look around without one: yasco demo`,
  )
}

/** Opens the store of the cluster that is meant. */
export async function openStore(context: Context): Promise<StateStore> {
  const { etcd, cluster } = await findCluster(context)
  return context.reach.store(etcd, cluster)
}

/** A file of the command line; `-` is standard input. Throws `WrongUse` when it cannot be read. */
export async function readNamedFile(file: string, stdin: NodeJS.ReadableStream): Promise<string> {
  if (file === '-') {
    const chunks: Buffer[] = []
    for await (const chunk of stdin) chunks.push(Buffer.from(chunk))
    return Buffer.concat(chunks).toString()
  }
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new WrongUse(`${file} cannot be read: ${reasonOf(error)}`, { cause: error })
  }
}

async function accessOf(file: string): Promise<Access> {
  try {
    return await accessIn(await readFile(file, 'utf8'), file)
  } catch (error) {
    if (!isSystemError(error)) throw error
    throw new WrongUse(`${file} cannot be read: ${reasonOf(error)}`, { cause: error })
  }
}

async function accessIn(text: string, file: string): Promise<Access> {
  const [{ parseAccess }, { ClusterFileInvalid }] = await Promise.all([
    import('../model/cluster-file/parse.ts'),
    import('../model/cluster-file/problem.ts'),
  ])
  const parsed = parseAccess(text, file)
  if (!parsed.ok) throw new ClusterFileInvalid(file, parsed.problems)
  return parsed
}

async function override(
  access: Access,
  etcd: string | undefined,
  cluster: string | undefined,
): Promise<Access> {
  return {
    cluster: cluster === undefined ? access.cluster : await checkedName(cluster),
    etcd: etcd === undefined ? access.etcd : await endpointsOf(etcd),
  }
}

/** `10.0.0.1:2379,10.0.0.2:2379`, with http:// or https:// before each or not. */
export async function endpointsOf(text: string): Promise<EtcdAccess> {
  const { endpointProblem } = await import('../model/cluster-file/read-cluster.ts')
  const endpoints = text
    .split(',')
    .map(one => one.trim())
    .filter(one => one !== '')
    .map(one => (one.includes('://') ? one : `http://${one}`))
  if (endpoints.length === 0)
    throw new WrongUse('--etcd needs at least one endpoint, such as http://10.0.0.1:2379')
  for (const endpoint of endpoints) {
    const problem = endpointProblem(endpoint)
    if (problem !== undefined)
      throw new WrongUse(
        `--etcd: found ${problem}, expected an endpoint such as http://10.0.0.1:2379`,
      )
  }
  return { endpoints }
}

async function checkedName(name: string): Promise<string> {
  const { NAME, NAME_EXPECTED } = await import('../model/names.ts')
  if (!NAME.test(name)) throw new WrongUse(`--cluster: found '${name}', expected ${NAME_EXPECTED}`)
  return name
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (isSystemError(error) && error.code === 'ENOENT') return undefined
    throw new WrongUse(`${file} cannot be read: ${reasonOf(error)}`, { cause: error })
  }
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return REASONS[code ?? ''] ?? message
}
