// Judges proofs of refusal from the problem's text alone: recounts what was counted, and searches small cases again.
import { choices, failureUnits } from './fallback.ts'
import type {
  CounterExample,
  PlacementMap,
  Problem,
  ProblemHwm,
  ProblemVm,
  Refusal,
} from '../problem.ts'
import { checkReplicas, checkRunning, type Complaints, mayRunOn, usable } from './placement.ts'

/** What is to be placed where: VMs without a place, the places, and what is there already. */
interface Scene {
  readonly problem: Problem
  readonly waiting: readonly ProblemVm[]
  readonly places: readonly ProblemHwm[]
  readonly running: PlacementMap
  /** What is sought is a CDM, which has rules of its own. */
  readonly isCdm: boolean
}

function free(scene: Scene, hwm: ProblemHwm, dimension: string): number {
  let left = usable(scene.problem, hwm, dimension)
  for (const vm of scene.problem.vms) {
    if (scene.running.get(vm.name) === hwm.name) left -= vm.demand[dimension] ?? 0
  }
  return left
}

/** States that the checker's own complete search looks at before it says that it cannot tell. */
const MOST_STATES = 20_000

/** `yes`, `no`, or `unknown` when the case is too large for a plain search. With `tolerate`: so that it survives so many failures. */
function fits(scene: Scene, tolerate = 0): 'yes' | 'no' | 'unknown' {
  const state = new Map(scene.running)
  let states = 0
  const largest = (vm: ProblemVm): number => Math.max(0, ...Object.values(vm.demand))
  const waiting = scene.waiting.toSorted((a, b) => largest(b) - largest(a))
  const go = (k: number): boolean => {
    if (k === waiting.length) {
      if (scene.isCdm && checkReplicas(scene.problem, state).length > 0) return false
      return tolerate === 0 || survives(scene.problem, state, tolerate)
    }
    for (const hwm of scene.places) {
      if (++states > MOST_STATES) return false
      state.set(waiting[k]!.name, hwm.name)
      if (checkRunning(scene.problem, state).length === 0 && go(k + 1)) return true
      state.delete(waiting[k]!.name)
    }
    return false
  }
  if (go(0)) return 'yes'
  return states > MOST_STATES ? 'unknown' : 'no'
}

/** Whether every set of `tolerate` failure units is shown to leave room for its HAVMs. */
function survives(problem: Problem, map: PlacementMap, tolerate: number): boolean {
  const units = failureUnits(problem)
  for (const choice of choices(units, Math.min(tolerate, units.length)))
    if (fits(sceneAfter(problem, map, choice.flat())) !== 'yes') return false
  return true
}

/** What is left when these HWMs fail: the HAVMs of theirs wait, the others run on. */
function sceneAfter(problem: Problem, map: PlacementMap, failed: readonly string[]): Scene {
  const dead = new Set(failed)
  return {
    problem,
    running: new Map([...map].filter(([, hwm]) => !dead.has(hwm))),
    waiting: problem.vms.filter(vm => vm.ha && dead.has(map.get(vm.name) ?? '')),
    places: problem.hwms.filter(
      hwm => !dead.has(hwm.name) && hwm.fallback !== false && hwm.maintenance !== true,
    ),
    isCdm: false,
  }
}

/**
 * Names of who must share an HWM with the VM, itself included: `together: hwm` groups, and those that a common member joins.
 * A member that neither runs nor waits joins nobody.
 */
function boundTo(scene: Scene, vm: ProblemVm): Set<string> {
  const names = new Set([vm.name])
  const isThere = (name: string): boolean =>
    scene.running.has(name) || scene.waiting.some(other => other.name === name)
  for (let grown = 0; grown !== names.size; ) {
    grown = names.size
    for (const { together, members } of scene.problem.groups) {
      if (together === 'hwm' && members.some(name => names.has(name)))
        for (const name of members) if (isThere(name)) names.add(name)
    }
  }
  return names
}

/** Of these, who waits. */
function matesOf(scene: Scene, vm: ProblemVm): ProblemVm[] {
  const names = boundTo(scene, vm)
  return scene.waiting.filter(other => names.has(other.name))
}

/** How a proof counts. */
interface Counting {
  readonly dimension: string
  readonly unit: number
}

/** HWMs that VMs can be on in any map. */
function placesOfAll({ problem, places, running }: Scene): ProblemHwm[] {
  const homes = new Set(running.values())
  return problem.hwms.filter(hwm => places.includes(hwm) || homes.has(hwm.name))
}

function unitsOn({ problem }: Scene, hwm: ProblemHwm, { dimension, unit }: Counting): number {
  return Math.floor(usable(problem, hwm, dimension) / unit)
}

/** What all plain VMs, or all HAVMs, ask for, pinned or not. */
function unitsOf({ problem }: Scene, ha: boolean, { dimension, unit }: Counting): number {
  return problem.vms
    .filter(vm => vm.ha === ha)
    .reduce((sum, vm) => sum + Math.floor((vm.demand[dimension] ?? 0) / unit), 0)
}

function checkProof(scene: Scene, proof: Refusal): Complaints {
  switch (proof.kind) {
    case 'nowhere': {
      const vm = scene.problem.vms.find(candidate => candidate.name === proof.vm)
      if (vm === undefined || !scene.waiting.includes(vm))
        return [`${proof.vm} is not waiting for a place.`]
      const mates = matesOf(scene, vm)
      // Where one of them runs already, the others must go.
      const anchors = [...boundTo(scene, vm)].flatMap(name => scene.running.get(name) ?? [])
      const place = scene.places.find(
        hwm =>
          anchors.every(name => name === hwm.name) &&
          mates.every(mate => mayRunOn(mate, hwm)) &&
          scene.problem.dimensions.every(
            dimension =>
              mates.reduce((sum, mate) => sum + (mate.demand[dimension] ?? 0), 0) <=
              free(scene, hwm, dimension),
          ),
      )
      return place === undefined ? [] : [`${proof.vm} does fit on ${place.name}.`]
    }
    case 'units': {
      const { dimension, unit } = proof
      if (!(unit > 0)) return ['The unit is not above 0.']
      // Members of a `together: hwm` group count as one: floor of their sum is what any HWM must give.
      const seen = new Set<string>()
      let needed = 0
      for (const vm of scene.waiting) {
        if (seen.has(vm.name)) continue
        const mates = matesOf(scene, vm)
        for (const mate of mates) seen.add(mate.name)
        const sum = mates.reduce((s, mate) => s + (mate.demand[dimension] ?? 0), 0)
        needed += Math.floor(sum / unit)
      }
      const available = scene.places.reduce(
        (sum, hwm) => sum + Math.floor(Math.max(0, free(scene, hwm, dimension)) / unit),
        0,
      )
      if (needed > available) return []
      // Those that stay where they are may be counted as well, against all that there is: they alone can be too many.
      const staying = [...scene.running.keys()].reduce((sum, name) => {
        const vm = scene.problem.vms.find(each => each.name === name)
        return sum + Math.floor((vm?.demand[dimension] ?? 0) / unit)
      }, 0)
      const held = placesOfAll(scene).reduce((sum, hwm) => sum + unitsOn(scene, hwm, proof), 0)
      return needed + staying > held
        ? []
        : [`${needed} units of ${unit} ${dimension} do fit into ${available}.`]
    }
    case 'slots': {
      const dimensions = Object.keys(proof.unit)
      if (dimensions.length === 0 || dimensions.some(d => !(proof.unit[d]! > 0)))
        return ['The unit is not above 0.']
      const slots = (of: (dimension: string) => number): number =>
        Math.min(...dimensions.map(d => Math.floor(of(d) / proof.unit[d]!)))
      const counted = scene.problem.vms.filter(vm => slots(d => vm.demand[d] ?? 0) > 0)
      if (counted.some(vm => !scene.waiting.includes(vm) && !scene.running.has(vm.name)))
        return ['One is counted that has no need of a place.']
      const needed = counted.reduce((sum, vm) => sum + slots(d => vm.demand[d] ?? 0), 0)
      const available = placesOfAll(scene)
        .filter(hwm => counted.some(vm => mayRunOn(vm, hwm)))
        .reduce((sum, hwm) => sum + slots(d => usable(scene.problem, hwm, d)), 0)
      return needed > available ? [] : [`${needed} such VMs do fit into ${available} slots.`]
    }
    case 'average': {
      const { tolerate, unit } = proof
      const places = placesOfAll(scene)
      const units = failureUnits(scene.problem).filter(members =>
        members.some(name => places.some(hwm => hwm.name === name)),
      )
      const held = places.reduce((sum, hwm) => sum + unitsOn(scene, hwm, proof), 0)
      const [plain, ha] = [unitsOf(scene, false, proof), unitsOf(scene, true, proof)]
      if (!(unit > 0)) return ['The unit is not above 0.']
      return (held - plain) * (units.length - tolerate) < ha * units.length
        ? []
        : ['On average there is room.']
    }
    case 'largest': {
      const { tolerate, unit, failed } = proof
      if (!(unit > 0)) return ['The unit is not above 0.']
      const hit = failureUnits(scene.problem).filter(members =>
        members.some(name => failed.includes(name)),
      )
      if (hit.length > tolerate) return [`${failed.join(', ')} are more than ${tolerate} failures.`]
      let [inside, outside] = [0, 0]
      for (const hwm of placesOfAll(scene)) {
        if (failed.includes(hwm.name)) inside += unitsOn(scene, hwm, proof)
        else outside += unitsOn(scene, hwm, proof)
      }
      const [plain, ha] = [unitsOf(scene, false, proof), unitsOf(scene, true, proof)]
      return ha > outside - Math.max(0, plain - inside)
        ? []
        : [`When ${failed.join(', ')} fail, the others have room in sum.`]
    }
    case 'refuge': {
      const vm = scene.problem.vms.find(each => each.name === proof.vm)
      if (vm === undefined || !vm.ha) return [`${proof.vm} is no HAVM.`]
      const isFit = (hwm: ProblemHwm): boolean =>
        mayRunOn(vm, hwm) &&
        scene.problem.dimensions.every(
          dimension => (vm.demand[dimension] ?? 0) <= usable(scene.problem, hwm, dimension),
        )
      const refuges = failureUnits(scene.problem).filter(unit =>
        scene.problem.hwms.some(
          hwm =>
            unit.includes(hwm.name) &&
            hwm.fallback !== false &&
            hwm.maintenance !== true &&
            isFit(hwm),
        ),
      )
      const homes = scene.problem.hwms.filter(hwm =>
        vm.pinned === true ? hwm.name === vm.home : hwm.maintenance !== true && isFit(hwm),
      )
      const most = Math.max(
        0,
        ...homes.map(home => refuges.filter(unit => !unit.includes(home.name)).length),
      )
      return most < proof.tolerate ? [] : [`${proof.vm} can restart in ${most} other places.`]
    }
    case 'failures': {
      const units = failureUnits(scene.problem).filter(unit =>
        unit.some(name => scene.places.some(hwm => hwm.name === name)),
      )
      return units.length <= proof.tolerate && scene.waiting.some(vm => vm.ha)
        ? []
        : ['There are more failure units.']
    }
    case 'rule':
      return fits(scene) === 'yes' ? [`The rule ${proof.rule} can be kept.`] : []
    case 'replicas':
      return [`Of ${proof.group} a map is judged, not all of them.`]
    case 'search':
      return fits(scene, proof.tolerate) === 'yes' ? ['There is a map.'] : []
  }
}

/** Whether the proof that no fallback map answers this failure set is right. */
export function checkRefusal(
  problem: Problem,
  map: PlacementMap,
  counterExample: CounterExample,
): Complaints {
  const { failed, proof } = counterExample
  if (proof.kind !== 'replicas') return checkProof(sceneAfter(problem, map, failed), proof)
  const group = problem.groups.find(each => each.name === proof.group)
  if (group?.replicas === undefined) return [`${proof.group} is no group with replicas.`]
  const hit = failureUnits(problem).filter(unit => unit.some(name => failed.includes(name)))
  if (hit.length > problem.tolerate) return [`More than ${problem.tolerate} units are named.`]
  const lost = group.members.filter(name => failed.includes(map.get(name) ?? '')).length
  return group.members.length - lost < group.replicas ? [] : [`Enough of ${group.name} go on.`]
}

/** Whether the proof that no valid map exists at all is right. */
export function checkNoPlacement(problem: Problem, proof: Refusal): Complaints {
  const running = new Map<string, string>()
  for (const vm of problem.vms)
    if (vm.pinned === true && vm.home !== undefined) running.set(vm.name, vm.home)
  const waiting = problem.vms.filter(vm => !running.has(vm.name))
  const places = problem.hwms.filter(hwm => hwm.maintenance !== true)
  if (proof.kind === 'nowhere' && running.has(proof.vm)) {
    return checkRunning(problem, new Map([[proof.vm, running.get(proof.vm)!]])).length > 0
      ? []
      : [`${proof.vm} can stay where it is pinned.`]
  }
  return checkProof({ problem, waiting, places, running, isCdm: true }, proof)
}
