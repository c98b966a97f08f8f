// What an undo does to maintenance: it ends what its operation began, and nothing else.
import { expect, test } from 'vitest'
import type { Operations } from '../../src/operations/operations.ts'
import { Acted, stepsOf } from './on-the-simulator.ts'

/** Both movable VMs of snailin leave it. */
async function evacuated(acted: Acted, operations: Operations): Promise<string> {
  const plan = await acted.during(operations.plan({ do: 'evacuate', hwm: 'snailin', cold: false }))
  const { id } = await acted.during(operations.commit(plan, { why: '' }))
  const over = await acted.during(operations.conduct(id))
  expect(stepsOf(over)).toEqual(['ubuntu-vmm2 done', 'test done'])
  return id
}

test('an evacuation that turned maintenance on: its undo ends it', async () => {
  await using acted = await Acted.begin()
  const { operations, observation } = await acted.actor('anna')
  const id = await evacuated(acted, operations)
  await acted.clock.advance(1_000)
  expect(observation.snapshot.hwms['snailin']?.config.maintenance).toBe(true)
  const undo = await acted.during(operations.plan({ do: 'undo', operation: id }))
  expect(undo).toMatchObject({ opens: ['snailin'], unplaced: [] })
  const { id: undoing } = await acted.during(operations.commit(undo, { why: '' }))
  await acted.during(operations.conduct(undoing))
  await acted.clock.advance(1_000)
  expect(observation.snapshot.hwms['snailin']?.config.maintenance).toBe(false)
  expect(acted.places()).toMatchObject({ 'ubuntu-vmm2': 'snailin', test: 'snailin' })
})

test('an HWM that was in maintenance before its evacuation stays so: the undo says what keeps its VMs away', async () => {
  await using acted = await Acted.begin()
  const { operations, observation } = await acted.actor('anna')
  await acted.during(operations.setMaintenance('snailin', true, 'a new disk on Friday'))
  await acted.clock.advance(1_000)
  const id = await evacuated(acted, operations)
  await acted.clock.advance(1_000)
  const undo = await acted.during(operations.plan({ do: 'undo', operation: id }))
  expect(undo.opens).toBeUndefined()
  expect(undo.moves).toEqual([])
  expect(undo.unplaced.map(({ vm, why }) => `${vm}: ${why}`)).toEqual([
    'ubuntu-vmm2: snailin is in maintenance',
    'test: snailin is in maintenance',
  ])
  expect(undo.notes).toContain(
    `operation ${id} did not turn the maintenance of snailin on: it stays, and keeps VMs out until it is ended`,
  )
  // Ended by hand, the same undo brings them back.
  await acted.during(operations.setMaintenance('snailin', false, ''))
  await acted.clock.advance(1_000)
  const again = await acted.during(operations.plan({ do: 'undo', operation: id }))
  expect(again.opens).toBeUndefined()
  const { id: undoing } = await acted.during(operations.commit(again, { why: '' }))
  await acted.during(operations.conduct(undoing))
  await acted.clock.advance(1_000)
  expect(acted.places()).toMatchObject({ 'ubuntu-vmm2': 'snailin', test: 'snailin' })
  expect(observation.snapshot.hwms['snailin']?.config.maintenance).toBe(false)
})
