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
/** What the permit may cost a guest beside libvirt's own switch: two of its clock's ticks, which no client of it takes for a fault. */
const STILL_BUDGET_MS = 100
/** Looks, preflight and journal beside libvirt's own copy, which takes longer the more memory there is. */
const AROUND_BUDGET_MS = 300
/** Nobody has read a plan and typed an HWM's name sooner; so long the HWM is asked a last time whether it is alive. */
const READ_MS = 2_000
/** A second for QEMU and the guest's first instruction; a script that confirms at once waits for the last question, too (1.5 s). */
const RESTART_BUDGET_MS = { read: 1_000, atOnce: 2_500 } as const
const restarts: readonly Part[] = Array.from({ length: 2 * ROUNDS }, (_, i) => ({
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
  const [still, whole] = (['stillMs', 'wholeMs'] as const).map(field => ({
    ours: median(byYasco.map(each => each[field])),
    virsh: median(byVirsh.map(each => each[field])),
  })) as [Beside, Beside]
  return [
    rowOf('a guest stands still in a live move', still, STILL_BUDGET_MS),
    rowOf('a live move, from the command to its end', whole, whole.virsh + AROUND_BUDGET_MS),
  ]

  function rowOf(what: string, { ours, virsh }: Beside, budget: number): Row {
    return {
      what: `${what}, median of ${byYasco.length}`,
      budget,
      figure: ours,
      unit: 'ms',
      ok: ours <= budget,
      peer: `virsh migrate ${Math.round(virsh)} ms`,
    }
  }
}

interface Beside {
  readonly ours: number
  readonly virsh: number
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

/** A dead host's HAVMs, one cluster after the other: the proof is the operator's word. The plan was read before, or it is a script's. */
async function failovers(lab: Lab, actor: Actor): Promise<Row[]> {
  await lab.host('quark').kill()
  const took = { read: [] as number[], atOnce: [] as number[] }
  for (const [index, { name }] of restarts.entries()) {
    const one = actor.on(name)
    await until('quark to be seen down', async () => (await one.hwms())['quark'] === 'down', {
      limitMs: 60_000,
    })
    const wanted = { do: 'evacuate', hwm: 'quark', cold: false } as const
    await one.plan(wanted)
    const how = index % 2 === 0 ? 'read' : 'atOnce'
    if (how === 'read') await new Promise(resolve => setTimeout(resolve, READ_MS))
    const calls = actor.calls.filter(call => call.startsWith('snailin resume #')).length
    const { reached } = await one.hold(`snailin resume #${calls + 1}`, 'after')
    const began = monotonicMs()
    const { id } = await one.commit(wanted, { off: { [wanted.hwm]: { by: 'word', how: 'bench' } } })
    const conducted = one.conduct(id)
    await reached
    took[how].push(monotonicMs() - began)
    await one.go()
    await conducted
  }
  return (['read', 'atOnce'] as const).map(how => {
    const figure = median(took[how])
    const after = how === 'read' ? 'the plan was read for 2 s' : 'at once, by a script'
    return {
      what: `confirmation to guest running (${after}), median of ${took[how].length}`,
      budget: RESTART_BUDGET_MS[how],
      figure,
      unit: 'ms',
      ok: figure <= RESTART_BUDGET_MS[how],
    }
  })
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
