// Several HWMs die at once: one plan by the map of their failure together, one operation, and a proof for each of them.
import { describe, expect, test } from 'vitest'
import { keys } from '../../src/etcd/layout.ts'
import { fingerprint, homesNow, storeFallbackMaps } from '../../src/operations/fallback-maps.ts'
import type { OffProof, Wanted } from '../../src/operations/operations.ts'
import { Acted, stepsOf, type Actor } from './on-the-simulator.ts'
import { sixHosts } from './six-hosts.ts'

const BOTH = { do: 'evacuate', hwm: 'quark', also: ['snailin'], cold: false } as const
const word = (how: string) => ({ by: 'word', how }) as const

/** quark and snailin are dead, and seen to be. */
async function twoDead(bad: readonly string[] = []): Promise<{ acted: Acted; anna: Actor }> {
  const acted = await Acted.begin(sixHosts({ bad }))
  const anna = await acted.actor('anna')
  await acted.happens('kill quark', 0)
  await acted.happens('kill snailin', 10_000)
  return { acted, anna }
}

/** What lies in etcd under a key, as it is. */
async function stored(acted: Acted, key: string): Promise<Record<string, unknown> | undefined> {
  const kv = await acted.during(acted.simulation.connectStore().get(key))
  return kv && (JSON.parse(kv.value) as Record<string, unknown>)
}

test('one plan and one operation; every permit moves by the proof of the HWM that had it', async () => {
  const { acted, anna } = await twoDead()
  await using _ = acted
  const { operations } = anna
  const plan = await acted.during(operations.plan(BOTH))
  expect(plan.sentence).toBe('Evacuate quark, snailin: 3 VMs restart elsewhere, 3 wait')
  expect(plan).toMatchObject({ subject: 'quark+snailin', mustBeOff: ['quark', 'snailin'] })
  expect(plan.basis.hwms).toMatchObject({ quark: 'down', snailin: 'down' })
  expect(plan.moves.map(({ vm, from }) => `${vm} ${from}`)).toEqual([
    'win7-vmm2 quark',
    'freebsd-vmm2 quark',
    'ubuntu-vmm2 snailin',
  ])
  const off = { quark: word('cable pulled'), snailin: { by: 'device' } } as const
  const begun = await acted.during(operations.commit(plan, { why: 'rack a', off }))
  const done = await acted.during(operations.conduct(begun.id))
  expect(stepsOf(done)).toEqual(['win7-vmm2 done', 'freebsd-vmm2 done', 'ubuntu-vmm2 done'])
  const proofs = { quark: "operator's word", snailin: 'power-off read back' }
  for (const { vm, from = '' } of plan.moves) {
    const kind = proofs[from as keyof typeof proofs]
    expect(await stored(acted, keys.permit(vm)), vm).toMatchObject({ proof: { kind } })
  }
  expect([...acted.doubles]).toEqual([])

  await acted.happens('rescue quark', 0)
  await acted.happens('rescue snailin', 20_000)
  const undo = await acted.during(operations.plan({ do: 'undo', operation: begun.id }))
  const back = await acted.during(operations.commit(undo, { why: '' }))
  expect((await acted.during(operations.conduct(back.id))).state).toBe('done')
  expect(acted.places()).toMatchObject({ 'win7-vmm2': 'quark', 'ubuntu-vmm2': 'snailin' })
  expect([...acted.doubles]).toEqual([])
})

describe('what cannot be planned together', () => {
  test.each<[string, Partial<Wanted & { do: 'evacuate' }>, string]>([
    [
      'a living one and a dead one',
      { hwm: 'gluon', also: ['quark'] },
      'gluon lives, quark does not answer: only dead ones are evacuated together',
    ],
    [
      'living ones',
      { hwm: 'gluon', also: ['muon'] },
      'gluon, muon live: those that live are evacuated one at a time',
    ],
    ['one twice', { hwm: 'quark', also: ['snailin', 'quark'] }, 'quark is named twice'],
    ['one that is not there', { hwm: 'quark', also: ['qark'] }, 'there is no HWM qark'],
  ])('%s', async (_, named, why) => {
    const { acted, anna } = await twoDead()
    await using _acted = acted
    const planned = acted.during(anna.operations.plan({ ...BOTH, ...named }))
    await expect(planned).rejects.toThrow(why)
  })
})

test('who evacuates one of them is told of the other', async () => {
  const { acted, anna } = await twoDead()
  await using _ = acted
  const one = { do: 'evacuate', hwm: 'quark', cold: false } as const
  const { notes } = await acted.during(anna.operations.plan(one))
  expect(notes).toContainEqual(expect.stringContaining('snailin does not answer either'))
})

test('the stored map of the whole failure set is followed; those of its members are not', async () => {
  const { acted, anna } = await twoDead()
  await using _ = acted
  const { snapshot } = anna.observation
  if (snapshot.config === undefined) throw new Error('it is configured')
  const inputs = fingerprint(snapshot.config, homesNow(snapshot))
  const store = acted.simulation.connectStore()
  const maps = (of: Record<string, Record<string, string>>) =>
    acted.during(
      storeFallbackMaps(
        store,
        Object.entries(of).map(([set, map]) => {
          return { failed: set.split('+'), map: new Map(Object.entries(map)), unplaced: [] }
        }),
        { inputs, from: { config: 1, homes: 1 }, when: new Date(0).toISOString() },
      ),
    )
  const apart = {
    quark: { 'win7-vmm2': 'tau', 'freebsd-vmm2': 'tau' },
    snailin: { 'ubuntu-vmm2': 'tau' },
  }
  await maps(apart)
  await acted.clock.advance(1_000)
  const solved = await acted.during(anna.operations.plan(BOTH))
  expect(new Set(solved.moves.map(({ why }) => why))).toEqual(new Set(['by the solver']))

  const together = { 'win7-vmm2': 'gluon', 'freebsd-vmm2': 'tau', 'ubuntu-vmm2': 'muon' }
  await maps({ ...apart, 'quark+snailin': together })
  await acted.clock.advance(1_000)
  const followed = await acted.during(anna.operations.plan(BOTH))
  expect(Object.fromEntries(followed.moves.map(({ vm, targets }) => [vm, targets[0]]))).toEqual(
    together,
  )
  expect(followed.moves[0]?.why).toContain('by the stored map of')
})

test('without a proof for each of them nothing is done: no device acts, no word is recorded', async () => {
  const { acted, anna } = await twoDead()
  await using _ = acted
  const { operations } = anna
  const plan = await acted.during(operations.plan(BOTH))
  const tried: Record<string, OffProof>[] = [
    {},
    { quark: word('cable pulled') },
    { snailin: { by: 'device' } },
  ]
  for (const off of tried) {
    const refused = acted.during(operations.commit(plan, { why: '', off }))
    await expect(refused).rejects.toThrow('not proved to be off')
  }
  expect(await acted.during(operations.proofOf('quark'))).toBeUndefined()
  expect(await acted.during(operations.proofOf('snailin'))).toBeUndefined()
})

test('a device that fails refuses all of it, and tells what is off; that stays proved for the next plan', async () => {
  const { acted, anna } = await twoDead(['snailin'])
  await using _ = acted
  const { operations, observation } = anna
  const plan = await acted.during(operations.plan(BOTH))
  const off = { quark: { by: 'device' }, snailin: { by: 'device' } } as const
  const refused = acted.during(operations.commit(plan, { why: '', off }))
  await expect(refused).rejects.toMatchObject({
    message: 'snailin could not be switched off',
    lines: [
      'snailin: fence device fence_ipmilan 10.0.9.9: no device has this address',
      'quark is off, read back from fence_ipmilan 10.0.1.112: it stays off, and is recorded',
    ],
  })
  expect(await acted.during(operations.proofOf('quark'))).toContain('power-off read back')
  await acted.clock.advance(1_000)
  expect(observation.snapshot.operations).toEqual({})

  const again = await acted.during(operations.plan(BOTH))
  const rest = { snailin: word('rack without power') }
  const begun = await acted.during(operations.commit(again, { why: '', off: rest }))
  expect((await acted.during(operations.conduct(begun.id))).state).toBe('done')
  expect([...acted.doubles]).toEqual([])
})

test('what another operation holds is refused before any device acts', async () => {
  const { acted, anna } = await twoDead()
  await using _ = acted
  const bert = await acted.actor('bert')
  const plan = await acted.during(anna.operations.plan(BOTH))
  await acted.clock.advance(10_000)
  const of = { do: 'evacuate', hwm: 'quark', cold: false } as const
  const theirs = await acted.during(bert.operations.plan(of))
  await acted.during(
    bert.operations.commit(theirs, { why: '', off: { quark: word('cable pulled') } }),
  )
  const off = { snailin: { by: 'device' } } as const
  const refused = acted.during(anna.operations.commit(plan, { why: '', off }))
  await expect(refused).rejects.toThrow('operation 1 has win7-vmm2')
  expect(await acted.during(anna.operations.proofOf('snailin'))).toBeUndefined()
})

test('the conductor is gone in the middle: another goes on with all of it, and nothing runs twice', async () => {
  const { acted, anna } = await twoDead()
  await using _ = acted
  const bert = await acted.actor('bert')
  const plan = await acted.during(anna.operations.plan(BOTH))
  const off = { quark: word('cable pulled'), snailin: word('cable pulled') }
  const limits = { parallelPerHwm: 1, parallel: 1 }
  const { id } = await acted.during(anna.operations.commit(plan, { why: '', off, limits }))
  const conducted = anna.operations.conduct(id)
  conducted.catch(() => undefined)
  const steps = () => anna.observation.snapshot.operations?.[id]?.steps ?? []
  while (!steps().some(step => step.state === 'done')) await acted.clock.advance(5)
  expect(steps().some(step => step.state !== 'done')).toBe(true)
  // Her lease is gone, as if she had died: whatever she still tries is refused.
  await anna.operations[Symbol.asyncDispose]()
  await acted.clock.advance(1_000)
  const done = await acted.during(bert.operations.conduct(id))
  expect(done.state).toBe('done')
  expect([...acted.doubles]).toEqual([])
})
