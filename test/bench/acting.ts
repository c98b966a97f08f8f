// What acting takes on real hosts of the lab: from the operator's confirmation to the guest's first instruction, and how long a guest stands
// still in a live move, beside `virsh migrate` of the same guest between the same hosts in the same run: the price of the permit.
import { statSync } from 'node:fs'
import { monotonicMs } from '../../src/model/clock.ts'
import { Lab } from '../lab/index.ts'
import { until } from '../lab/processes.ts'
import { Actor, type Part } from '../operations/actor.ts'
import { beatOf, untilBeats } from '../operations/yasco.ts'
import type { Row } from './row.ts'

const ROUNDS = 5
const restarts: readonly Part[] = Array.from({ length: ROUNDS }, (_, i) => ({
  name: `restart${i}`,
  vms: [`restart${i}`],
}))
const moving: Part = { name: 'moving', vms: ['moving'] }

/** The guest prints at each tick of its clock: so long it is silent while it runs. */
const TICK_MS = 1000 / 18.2

export async function benchActing(): Promise<Row[]> {
  await using lab = await Lab.up({
    name: 'bench-acting',
    hosts: {
      hosts: {
        quark: { hwm: { capacity: { cpu: 64, ram: '64GiB' } } },
        snailin: { etcd: true, hwm: { capacity: { cpu: 64, ram: '64GiB' } } },
      },
      vms: Object.fromEntries(
        [...restarts, moving]
          .flatMap(({ vms }) => vms)
          .map(vm => [vm, { home: 'quark', vm: { ha: true } }]),
      ),
    },
  })
  await using actor = await Actor.start(lab, [moving, ...restarts])
  return [...(await moves(lab, actor)), ...(await failovers(lab, actor))]
}

async function moves(lab: Lab, actor: Actor): Promise<Row[]> {
  const byYasco: Stood[] = []
  const byVirsh: Stood[] = []
  await untilBeats(lab, 'moving', undefined)
  for (let round = 0; round < ROUNDS; round += 1) {
    byYasco.push(await standing(lab, () => moveByYasco(actor, 'snailin')))
    byYasco.push(await standing(lab, () => moveByYasco(actor, 'quark')))
    // There and back by libvirt's own client; yasco finds the guest where it left it.
    byVirsh.push(await standing(lab, () => moveByVirsh(lab, 'quark', 'snailin')))
    byVirsh.push(await standing(lab, () => moveByVirsh(lab, 'snailin', 'quark')))
  }
  const rows = [
    ['a guest stands still in a live move', 'stillMs'],
    ['a live move, from the command to its end', 'wholeMs'],
  ] as const
  return rows.map(([what, field]) => ({
    what: `${what}, median of ${byYasco.length}`,
    budget: undefined,
    figure: median(byYasco.map(each => each[field])),
    unit: 'ms',
    ok: true,
    peer: `virsh migrate ${Math.round(median(byVirsh.map(each => each[field])))} ms`,
  }))
}

async function moveByYasco(actor: Actor, to: string): Promise<void> {
  await until('the guest to be seen', async () =>
    ((await actor.vms())['moving'] ?? '').startsWith('running'),
  )
  const { state, steps } = await actor.act({ do: 'migrate', vm: 'moving', to, cold: false })
  if (state !== 'done') throw new Error(`not moved: ${steps[0]?.error}`)
}

async function moveByVirsh(lab: Lab, from: string, to: string): Promise<void> {
  const uri = `qemu+tcp://${lab.host(to).address}/system`
  await lab.host(from).virsh(`migrate --live --persistent --undefinesource --unsafe moving ${uri}`)
}

interface Stood {
  /** The longest time for which the guest printed nothing, less a tick. */
  readonly stillMs: number
  readonly wholeMs: number
}

/** Looks at the guest's log all the time while `work` moves it. */
async function standing(lab: Lab, work: () => Promise<void>): Promise<Stood> {
  const log = `${lab.layout.shared}/serial/moving.log`
  const after = beatOf(lab, 'moving')
  await untilBeats(lab, 'moving', after)
  const looking = new AbortController()
  let longest = 0
  const watching = (async () => {
    let size = statSync(log).size
    let at = monotonicMs()
    while (!looking.signal.aborted) {
      const now = monotonicMs()
      const next = statSync(log).size
      if (next !== size) {
        longest = Math.max(longest, now - at)
        size = next
        at = now
      }
      await new Promise(resolve => setTimeout(resolve, 1))
    }
  })()
  const began = monotonicMs()
  await work()
  const wholeMs = monotonicMs() - began
  await untilBeats(lab, 'moving', beatOf(lab, 'moving'))
  looking.abort()
  await watching
  return { stillMs: Math.max(0, longest - TICK_MS), wholeMs }
}

/** A dead host's HAVMs, one cluster after the other: the proof is the operator's word, the plan was read before. */
async function failovers(lab: Lab, actor: Actor): Promise<Row[]> {
  await lab.host('quark').kill()
  const took: number[] = []
  for (const { name } of restarts) {
    const one = actor.on(name)
    await until('quark to be seen down', async () => (await one.hwms())['quark'] === 'down', {
      limitMs: 60_000,
    })
    const wanted = { do: 'evacuate', hwm: 'quark', cold: false } as const
    await one.plan(wanted)
    const calls = actor.calls.filter(call => call.startsWith('snailin resume #')).length
    const { reached } = await one.hold(`snailin resume #${calls + 1}`, 'after')
    const began = monotonicMs()
    const { id } = await one.commit(wanted, { off: { by: 'word', how: 'bench' } })
    const conducted = one.conduct(id)
    await reached
    took.push(monotonicMs() - began)
    await one.go()
    await conducted
  }
  return [
    {
      what: `from the operator's confirmation to the guest running, median of ${took.length}`,
      budget: undefined,
      figure: median(took),
      unit: 'ms',
      ok: true,
    },
  ]
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
