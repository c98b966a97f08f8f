// `plan --capacity` against brute force, through the command: T4 exact where all HAVMs are equal, bounds elsewhere, and it says which.
import { expect, test, vi } from 'vitest'
import { parseClusterFile } from '../../src/model/cluster-file/parse.ts'
import { checkFallback, choices } from '../../src/solver/check/fallback.ts'
import { checkPlacement } from '../../src/solver/check/placement.ts'
import { problemOf } from '../../src/solver/door.ts'
import type { PlacementMap, Problem } from '../../src/solver/problem.ts'
import { seeded } from '../../src/solver/random.ts'
import { World } from './world.ts'

vi.setConfig({ testTimeout: 240_000 })

interface Slots {
  readonly like: string
  readonly there: number
  readonly needed: number
  readonly isExact: boolean
  readonly more: HowMany
  readonly withHwm: { readonly like: string; readonly more: HowMany } | null
}

interface HowMany {
  readonly atLeast: number
  readonly atMost: number | null
  readonly isExact: boolean
}

/** Every way to put the VMs on the HWMs that `isGood` accepts on the way, until one is good as a whole. */
function isThere(
  vms: readonly string[],
  hwms: readonly string[],
  begin: PlacementMap,
  isGood: (map: PlacementMap, isWhole: boolean) => boolean,
): boolean {
  const map = new Map(begin)
  const go = (k: number): boolean => {
    if (k === vms.length) return isGood(map, true)
    // Copies are alike: they are put on HWMs in their order.
    const isLike = vms[k]!.startsWith('copy') && vms[k - 1]?.startsWith('copy') === true
    for (const hwm of isLike ? hwms.slice(hwms.indexOf(map.get(vms[k - 1]!)!)) : hwms) {
      map.set(vms[k]!, hwm)
      if (isGood(map, false) && go(k + 1)) return true
      map.delete(vms[k]!)
    }
    return false
  }
  return go(0)
}

/** Whether all sets of X can be survived from this map: every fallback map of each is tried. */
function survives(problem: Problem, map: PlacementMap): boolean {
  const names = problem.hwms.map(hwm => hwm.name)
  for (const failed of choices(names, problem.tolerate)) {
    const waiting = problem.vms
      .filter(vm => vm.ha && failed.includes(map.get(vm.name) ?? ''))
      .map(vm => vm.name)
    const living = names.filter(name => !failed.includes(name))
    const fits = isThere(
      waiting,
      living,
      new Map(),
      (fallback, isWhole) => !isWhole || checkFallback(problem, map, failed, fallback).length === 0,
    )
    if (!fits) return false
  }
  return true
}

/** The most further HAVMs of this size with which a map that survives is there, by trying all maps; -1: not even without any. */
function mostMore(problem: Problem, like: string): number {
  const { demand } = problem.vms.find(vm => vm.name === like)!
  for (let count = -1; ; count++) {
    const copies = Array.from({ length: count + 1 }, (_, k) => ({
      name: `copy${k}`,
      ha: true,
      demand,
    }))
    const larger: Problem = { ...problem, vms: [...problem.vms, ...copies] }
    const found = isThere(
      larger.vms.map(vm => vm.name),
      larger.hwms.map(hwm => hwm.name),
      new Map(),
      (map, isWhole) =>
        isWhole
          ? survives(larger, map)
          : checkPlacement(larger, map).every(complaint => complaint.endsWith('has no place.')),
    )
    if (!found) return count
  }
}

function clusterOf(seed: number): { text: string; isEqual: boolean } {
  const random = seeded(seed)
  const isEqual = seed % 2 === 0
  const hwms = Array.from({ length: 3 }, (_, h) => {
    const ram = 2 + random.below(3)
    return `  h${h}: {libvirt: 'test:///h${h}', capacity: {ram: ${ram}GiB, cpu: ${4 + random.below(5)}}}`
  })
  const vms = Array.from({ length: 2 + random.below(2) }, (_, v) => {
    const ram = isEqual || v === 1 ? 1 : v === 0 ? 2 : 1 + random.below(2)
    return `  v${v}: {ha: true, ram: ${ram}GiB, cpu: 1}`
  })
  if (seed % 3 === 0) vms.push('  plain: {ha: false, ram: 1GiB, cpu: 2}')
  const text = `apiVersion: yasco/v1\ncluster: small\netcd: {endpoints: [http://127.0.0.1:2379]}\ndomains: etcd\ntolerate: 1\nhwms:\n${hwms.join('\n')}\nvms:\n${vms.join('\n')}\n`
  return { text, isEqual }
}

test('slots needed and there decide, so many more fit, and with one more HWM: as trying everything says', async () => {
  const seen = { exact: 0, bounds: 0, none: 0 }
  for (let seed = 1; seed <= 8; seed++) {
    using world = new World()
    const { text, isEqual } = clusterOf(seed)
    const parsed = parseClusterFile(text, 'test')
    if (!parsed.ok) throw new Error('the test has no valid cluster file')
    const problem = problemOf(parsed.config)
    const file = world.file('cluster.yaml', text)
    const { status, out } = await world.run(
      `plan -f ${file} --capacity --like v0 --objective balance --seconds 20 --json`,
    )
    if (status === 3) {
      expect({ seed, most: mostMore(problem, 'v0') }).toEqual({ seed, most: -1 })
      seen.none++
      continue
    }
    expect(status).toBe(0)
    const { map, capacity } = JSON.parse(out) as {
      map: Record<string, string>
      capacity: { slots: Slots[] }
    }
    const [slots] = capacity.slots
    if (slots === undefined) throw new Error('no slots were counted')
    const holds = survives(problem, new Map(Object.entries(map)))
    // Fewer than needed is a refutation whatever the sizes; enough is a proof where they are equal.
    const says = slots.there >= slots.needed
    expect({ seed, isExact: slots.isExact }).toEqual({ seed, isExact: isEqual })
    if (isEqual) expect({ seed, says }).toEqual({ seed, says: holds })
    else if (!says) expect({ seed, holds }).toEqual({ seed, holds: false })
    const like = problem.hwms.find(hwm => hwm.name === slots.withHwm?.like)!
    const larger = { ...problem, hwms: [...problem.hwms, { ...like, name: 'one-more' }] }
    for (const [said, truth] of [
      [slots.more, mostMore(problem, 'v0')],
      ...(seed % 4 === 0 ? [[slots.withHwm!.more, mostMore(larger, 'v0')] as const] : []),
    ] as const) {
      const isBetween = said.atLeast <= truth && truth <= (said.atMost ?? Infinity)
      expect({ seed, said, truth, isBetween }).toEqual({ seed, said, truth, isBetween: true })
      if (said.isExact) {
        expect({ seed, atLeast: said.atLeast }).toEqual({ seed, atLeast: truth })
        seen.exact++
      } else seen.bounds++
    }
  }
  expect(seen.exact).toBeGreaterThan(5)
})

test('as text it says which: exact, or at least', async () => {
  using world = new World()
  const equal = await world.run(
    `plan -f ${world.file('equal.yaml', clusterOf(2).text)} --capacity --objective balance`,
  )
  expect(equal.out).toMatch(/\d+ there, \d+ needed for 1 failure \(exact\)/)
  const other = clusterOf(2).text.replace('v0: {ha: true, ram: 1GiB', 'v0: {ha: true, ram: 2GiB')
  const unequal = await world.run(
    `plan -f ${world.file('unequal.yaml', other)} --capacity --objective balance`,
  )
  expect(unequal.out).toMatch(/\d+ there, \d+ needed for 1 failure \(at least\)/)
})
