// How long the solver's word takes in a large cluster: the first question about a failure set, a set of two, and the verdict after one VM grew.
import { performance } from 'node:perf_hooks'
import { Bare } from '../../src/engine/preview/bare.ts'
import { SceneWorker } from '../../src/engine/preview/scene-worker.ts'
import type { ClusterSnapshot } from '../../src/model/snapshot.ts'
import { changeOf } from '../../src/operations/admission.ts'
import { planApplyMap } from '../../src/operations/plan/apply-map.ts'
import type { PlannedMove } from '../../src/operations/plan/plan.ts'
import { snapshotOf } from '../console/made-up.ts'
import type { Row } from './row.ts'

const GIB = 1024 ** 3
const HWMS = 1_000
const VMS = 10_000
/** A plan is shown without the verdict on X beside it when that takes longer than a moment; who must wait for it waits no longer than this. */
const ADMISSION_MS = 500
const MOVES = 6_000
const HEARTBEAT_LATE_MS = 250

export async function benchPreview(): Promise<Row[]> {
  const bare = new Bare()
  const full = cluster()
  const first = bare.of(full)
  await using judge = new SceneWorker()
  await using answer = new SceneWorker()
  const anew = await timed(() => judge.ask('judge', undefined, first))
  await answer.ask('ready', undefined, first)
  const ask = (failed: readonly string[]) =>
    timed(() => answer.ask('fallback', { failed, wall: 0 }, first))
  const one = await ask(['h7'])
  const two = await ask(['h8', 'h9'])
  const grown = bare.of(withGrown(full))
  const again = await timed(() => judge.ask('judge', undefined, grown))
  // As a plan asks it: the worker has the last verdict, and one VM is elsewhere.
  const moved = changeOf({ moves: [movedTo('v1', 'h500')], cordon: undefined })
  const admit = () => judge.ask('after', { change: moved, seconds: 4 }, grown)
  const admitted = await timed(admit)
  const heavier = bare.of(withGrown(full, 2 * GIB))
  const admittedGrown = await timed(() => judge.ask('after', { seconds: 4 }, heavier))
  const size = `${HWMS} x ${VMS}`
  return [
    row(`first question about a failure set, ${size}`, one, 200),
    row(`a set of two, ${size}`, two, 200),
    row(`verdict and all sets, ${size}`, anew, undefined),
    row(`the same after a VM grew by 1 GiB`, again, undefined),
    row(`admission: whether X holds after a VM moved, ${size}`, admitted, ADMISSION_MS),
    row(`admission: ... after a VM grew, ${size}`, admittedGrown, ADMISSION_MS),
    row(
      `${MOVES} moves become an operation's, beside heartbeats, ${size}`,
      applied(full),
      HEARTBEAT_LATE_MS,
    ),
  ]
}

/** A map that moves many VMs to the next HWM, made into a plan on the thread that heartbeats go by. */
function applied(snapshot: ClusterSnapshot): number {
  const { config, vms } = snapshot
  if (config === undefined) throw new TypeError('the cluster is not configured')
  const map = new Map(Object.values(vms).flatMap(vm => (vm.home ? [[vm.name, vm.home]] : [])))
  const moves = Array.from({ length: MOVES }, (_, k) => {
    const to = `h${(k + 1) % HWMS}`
    map.set(`v${k}`, to)
    return { vm: `v${k}`, from: `h${k % HWMS}`, to, batch: Math.floor(k / 170), bounce: false }
  })
  const from = performance.now()
  planApplyMap(snapshot, config, { map, moves })
  return performance.now() - from
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now()
  await work()
  return performance.now() - from
}

function row(what: string, figure: number, budget: number | undefined): Row {
  return { what, budget, figure, unit: 'ms', ok: budget === undefined || figure <= budget }
}

function cluster(): ClusterSnapshot {
  return snapshotOf(
    'large',
    Array.from({ length: HWMS }, (_, h) => ({
      name: `h${h}`,
      address: `10.1.${h >> 8}.${h & 255}`,
      ram: 128,
      cpu: 64,
    })),
    Array.from({ length: VMS }, (_, v) => ({
      name: `v${v}`,
      ha: v % 3 !== 0,
      home: `h${v % HWMS}`,
      ram: 4 + (v % 5) * 2,
      cpu: 2,
    })),
    { history: false },
  )
}

function movedTo(vm: string, hwm: string): PlannedMove {
  return {
    vm,
    kind: 'havm',
    method: 'live',
    from: undefined,
    targets: [hwm],
    why: '',
    interrupts: false,
    after: [],
    bounce: false,
    keepPaused: false,
  }
}

function withGrown(full: ClusterSnapshot, by = GIB): ClusterSnapshot {
  const vm = full.vms['v1']
  const { config } = full
  if (vm === undefined || config === undefined) throw new TypeError('the cluster has no VM v1')
  const demand = { ...vm.demand, ram: (vm.demand['ram'] ?? 0) + by }
  const vms = config.vms.map(each =>
    each.name === 'v1' ? { ...each, resources: { ...each.resources, ...demand } } : each,
  )
  return { ...full, config: { ...config, vms }, vms: { ...full.vms, v1: { ...vm, demand } } }
}
