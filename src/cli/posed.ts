// The problem that a command of the solver works on: of a cluster file, of a snapshot, or of the cluster as it runs.
import type { ClusterConfig } from '../model/cluster.ts'
import { parseClusterFile } from '../model/cluster-file/parse.ts'
import { ClusterFileInvalid, problemText } from '../model/cluster-file/problem.ts'
import type { ClusterSnapshot } from '../model/snapshot.ts'
import { presentPlaces, presentProblem } from '../operations/present.ts'
import { problemOf } from '../solver/door.ts'
import { faultsOf } from '../solver/faults.ts'
import type { PlacementMap, Problem } from '../solver/problem.ts'
import { type Cluster, openCluster } from './acting.ts'
import { readNamedFile } from './cluster-access.ts'
import type { Context } from './context.ts'
import { CommandFailed, EXIT, WrongUse } from './exit.ts'

export interface Posed extends AsyncDisposable {
  readonly config: ClusterConfig
  readonly problem: Problem
  /** Where VMs run now, as far as that is elsewhere than at home. */
  readonly places: PlacementMap | undefined
  /** The running cluster; absent for a file. */
  readonly live: Cluster | undefined
  /** Of the configuration and the CDM, in etcd; 0 for a file. */
  readonly revision: number
  /** Worth a word: what is not known, what was taken instead. */
  readonly notes: readonly string[]
}

/** Throws `WrongUse` or `ClusterFileInvalid` for input that poses no problem, naming the thing. */
export async function pose(context: Context): Promise<Posed> {
  const { options } = context
  const file = options.text('file')
  const snapshot = options.text('snapshot')
  if (file !== undefined && snapshot !== undefined)
    throw new WrongUse('--file and --snapshot: give one of them')
  const named = file ?? snapshot
  return named === undefined ? posedByCluster(context) : posedByFile(context, named)
}

async function posedByFile(context: Context, named: string): Promise<Posed> {
  const config = await readConfigFile(context, named)
  const problem = sound(withOptions(context, problemOf(config)))
  return {
    config,
    problem,
    places: undefined,
    live: undefined,
    revision: 0,
    notes: unlimited(problem),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

/** Throws `ClusterFileInvalid` with every problem. Warnings go to standard error. */
export async function readConfigFile({ io }: Context, file: string): Promise<ClusterConfig> {
  const name = file === '-' ? 'standard input' : file
  const parsed = parseClusterFile(await readNamedFile(file, io.stdin), name)
  if (!parsed.ok) throw new ClusterFileInvalid(name, parsed.problems)
  for (const warning of parsed.warnings) io.stderr.write(`${problemText(warning)}\n`)
  return parsed.config
}

async function posedByCluster(context: Context): Promise<Posed> {
  await using opened = new AsyncDisposableStack()
  const live = opened.use(await openCluster(context))
  const { snapshot } = live.observation
  const { config } = snapshot
  if (config === undefined)
    throw new CommandFailed(
      EXIT.failed,
      `etcd knows no cluster '${snapshot.cluster}': apply a cluster file first (yasco apply -f FILE)`,
    )
  const problem = sound(withOptions(context, presentProblem(snapshot, config)))
  const rest = opened.move()
  return {
    config,
    problem,
    places: presentPlaces(snapshot),
    live,
    revision: snapshot.etcd.revision,
    notes: [...unanswered(snapshot), ...unlimited(problem)],
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  }
}

function withOptions({ options }: Context, problem: Problem): Problem {
  const tolerate = options.whole('tolerate', 0)
  return tolerate === undefined ? problem : { ...problem, tolerate }
}

/** Throws `WrongUse` with every fault. */
export function sound(problem: Problem): Problem {
  const faults = faultsOf(problem)
  if (faults.length > 0) throw new WrongUse(faults.map(fault => fault.sentence).join('\n       '))
  return problem
}

function unanswered(snapshot: ClusterSnapshot): string[] {
  return Object.values(snapshot.hwms)
    .filter(hwm => hwm.state !== 'up')
    .map(hwm => `${hwm.name} is ${hwm.state}${hwm.reason === '' ? '' : ` (${hwm.reason})`}`)
}

const MOST_NAMED = 5

/** Dimensions that VMs ask for and HWMs do not state: no limit is known, so none is kept. */
function unlimited(problem: Problem): string[] {
  return problem.dimensions.flatMap(dimension => {
    if (!problem.vms.some(vm => (vm.demand[dimension] ?? 0) > 0)) return []
    const silent = problem.hwms.filter(hwm => hwm.capacity[dimension] === undefined)
    if (silent.length === 0) return []
    const who =
      silent.length > MOST_NAMED ? `${silent.length} HWMs` : silent.map(hwm => hwm.name).join(', ')
    return [
      `${who} ${silent.length === 1 ? 'states' : 'state'} no ${dimension}: taken as unlimited`,
    ]
  })
}
