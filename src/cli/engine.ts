// `yasco engine SPEC`: the process behind a console. For the console to start, not for people.
import type { EngineParts } from '../engine/engine.ts'
import type { DemoSpec, EngineSpec, RealSpec } from '../engine/spec.ts'
import { observe } from '../cluster/observe.ts'
import { realClock } from '../model/clock.ts'
import type { Observation } from '../cluster/observe.ts'
import type { StateStore } from '../etcd/store.ts'
import { judgeBeside, prepareBeside } from '../engine/acting/beside.ts'
import { SceneWorkers } from '../engine/preview/scene-workers.ts'
import { StoredFallbackMaps } from '../operations/stored-maps.ts'
import { openFenceDevice } from '../fencing/power-off.ts'
import type { Simulation } from '../simulator/simulation.ts'
import type { Context, Run } from './context.ts'
import { operatorOf } from './operator.ts'
import { EXIT, WrongUse } from './exit.ts'

export const run: Run = async context => {
  const spec = specOf(context.arguments[0] ?? '')
  const { version } = context
  const { runEngine } = await import('../engine/run.ts')
  await runEngine(async () => {
    const parts = await (spec.mode === 'demo' ? demoParts(spec, context) : realParts(spec, context))
    return { ...parts, version }
  })
  return EXIT.done
}

type Parts = Omit<EngineParts, 'version'>

async function realParts(spec: RealSpec, { reach, io, version }: Context): Promise<Parts> {
  const store = await reach.store(spec.etcd, spec.cluster)
  const { cluster, etcd, readOnly } = spec
  const solver = solverBeside(store)
  const observation = observe({
    cluster,
    store,
    etcd,
    readOnly,
    open: (uri, options) => reach.hypervisor(uri, options),
  })
  return {
    observation,
    ...(!readOnly && { acting: await actingOn(store, observation, { io, version, solver }) }),
    foresight: { clock: realClock, store, writes: !readOnly, ...solver.keeps },
    storedXml: async (vm, hwm, limits) => {
      const { config } = observation.snapshot
      if (!config) return undefined
      if (config.domains === 'etcd') {
        const { EtcdDomainStore } = await import('../domains/in-etcd.ts')
        return new EtcdDomainStore(store, '').read(vm, limits)
      }
      const { FolderStore } = await import('../domains/folder.ts')
      const uri = config.hwms.find(({ name }) => name === hwm)?.libvirt
      if (uri === undefined) throw new Error(`no HWM is named '${hwm}'`)
      return new FolderStore(config.domains, hwm, reach.shell(uri)).read(vm, limits)
    },
  }
}

async function actingOn(
  store: StateStore,
  observation: Observation,
  { io, version, solver }: Pick<Context, 'io' | 'version'> & { readonly solver: SolverBeside },
): Promise<NonNullable<Parts['acting']>> {
  const { actsOn } = await import('./operations-on.ts')
  const { judge, prepare } = solver
  const acts = actsOn({
    store,
    observation,
    operator: operatorOf(io),
    version,
    judge,
    prepare,
    judgesOnlyToRefuse: true,
    // There is nobody to tell: etcd's own state is on the screen.
    logFailed: () => undefined,
  })
  return {
    operations: acts.operations,
    clock: realClock,
    snapshot: () => observation.snapshot,
    openDevice: openFenceDevice,
    judge,
    report: event => acts.report(event),
    [Symbol.asyncDispose]: () => acts[Symbol.asyncDispose](),
  }
}

async function demoParts(spec: DemoSpec, { io, version }: Context): Promise<Parts> {
  const { sized, threeHosts } = await import('../simulator/made-up.ts')
  const { Simulation } = await import('../simulator/simulation.ts')
  const { actOn } = await import('../simulator/lines.ts')
  const { domainXml } = await import('../simulator/domain-xml.ts')
  const { size, seed, readOnly } = spec
  const cluster = size ? sized(size.hwms, size.vms, seed) : threeHosts()
  const simulation = new Simulation({ cluster, clock: realClock, seed })
  if (spec.story !== undefined) {
    const { parseStory, play } = await import('../simulator/story.ts')
    // Where the operator did something else meanwhile, a line of the story may mean nothing any more.
    play(parseStory(spec.story), simulation, realClock, () => undefined)
  }
  const observation = observe({
    cluster: cluster.config.cluster,
    store: simulation.connectStore(),
    etcd: cluster.config.etcd,
    open: simulation.open,
    readOnly,
  })
  const storedXml = (vm: string) => {
    const guest = simulation.guests.get(vm)
    return Promise.resolve(guest && domainXml(guest))
  }
  const store = simulation.connectStore()
  const solver = solverBeside(store)
  const acting = readOnly
    ? undefined
    : await actingInDemo(simulation, observation, { io, version, solver })
  return {
    observation,
    storedXml,
    foresight: { clock: realClock, store, writes: !readOnly, ...solver.keeps },
    simulate: line => actOn(simulation, line),
    ...(acting && { acting }),
  }
}

async function actingInDemo(
  simulation: Simulation,
  observation: Observation,
  { io, version, solver }: Pick<Context, 'io' | 'version'> & { readonly solver: SolverBeside },
): Promise<NonNullable<Parts['acting']>> {
  const { actsInSimulation } = await import('../simulator/acts.ts')
  // As `yasco dump` would have done on a real cluster.
  simulation.dump()
  const identity = { ...operatorOf(io), version }
  return actsInSimulation(simulation, observation, identity, Date.now, solver)
}

/** The solver as planning asks it, and what it shares with the foreseer, which disposes of both. */
function solverBeside(store: StateStore) {
  const workers = new SceneWorkers()
  const stored = new StoredFallbackMaps(store, realClock)
  return {
    judge: judgeBeside(workers),
    prepare: prepareBeside(workers, stored, realClock),
    keeps: { workers, stored },
  }
}

type SolverBeside = ReturnType<typeof solverBeside>

function specOf(text: string): EngineSpec {
  let spec: unknown
  try {
    spec = JSON.parse(text)
  } catch (error) {
    throw new WrongUse('engine is started by the console: its argument is no JSON', {
      cause: error,
    })
  }
  if (isSpec(spec)) return spec
  throw new WrongUse('engine is started by the console: its argument names no mode')
}

/** The console of the same program wrote it; what matters is that nobody else did. */
function isSpec(spec: unknown): spec is EngineSpec {
  if (typeof spec !== 'object' || spec === null) return false
  const mode: unknown = Reflect.get(spec, 'mode')
  return mode === 'real' || mode === 'demo'
}
