// `yasco engine SPEC`: the process behind a console. For the console to start, not for people.
import type { EngineParts } from '../engine/engine.ts'
import type { DemoSpec, EngineSpec, RealSpec } from '../engine/spec.ts'
import { observe } from '../cluster/observe.ts'
import { realClock } from '../model/clock.ts'
import type { Observation } from '../cluster/observe.ts'
import type { StateStore } from '../etcd/store.ts'
import { judgeBeside } from '../engine/acting/judge.ts'
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
  const observation = observe({
    cluster,
    store,
    etcd,
    readOnly,
    open: (uri, options) => reach.hypervisor(uri, options),
  })
  return {
    observation,
    ...(!readOnly && { acting: await actingOn(store, observation, { io, version }) }),
    foresight: { clock: realClock, store, writes: !readOnly },
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
  { io, version }: Pick<Context, 'io' | 'version'>,
): Promise<NonNullable<Parts['acting']>> {
  const { actsOn } = await import('./operations-on.ts')
  const own = judgeBeside(realClock)
  const acts = actsOn({
    store,
    observation,
    operator: operatorOf(io),
    version,
    judge: own.judge,
    judgesOnlyToRefuse: true,
    // There is nobody to tell: etcd's own state is on the screen.
    logFailed: () => undefined,
  })
  return {
    operations: acts.operations,
    clock: realClock,
    snapshot: () => observation.snapshot,
    openDevice: openFenceDevice,
    judge: own.judge,
    report: event => acts.report(event),
    [Symbol.asyncDispose]: async () => {
      await acts[Symbol.asyncDispose]()
      await own[Symbol.asyncDispose]()
    },
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
  const acting = readOnly ? undefined : await actingInDemo(simulation, observation, { io, version })
  return {
    observation,
    storedXml,
    foresight: { clock: realClock, store: simulation.connectStore(), writes: !readOnly },
    simulate: line => actOn(simulation, line),
    ...(acting && { acting }),
  }
}

async function actingInDemo(
  simulation: Simulation,
  observation: Observation,
  { io, version }: Pick<Context, 'io' | 'version'>,
): Promise<NonNullable<Parts['acting']>> {
  const { actsInSimulation } = await import('../simulator/acts.ts')
  // As `yasco dump` would have done on a real cluster.
  simulation.dump()
  const own = judgeBeside(realClock)
  const acts = actsInSimulation(simulation, observation, { ...operatorOf(io), version })
  return {
    ...acts,
    judge: own.judge,
    [Symbol.asyncDispose]: async () => {
      await acts[Symbol.asyncDispose]()
      await own[Symbol.asyncDispose]()
    },
  }
}

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
