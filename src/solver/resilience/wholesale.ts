// A short proof that any X failures can be survived: enough HWMs that can each take in all HAVMs of any one failed unit. Each failed unit
// then restarts as a whole on a refuge of its own. It needs neither lists nor sets, whatever the size of the cluster.
import type { Ground } from './ground.ts'

/**
 * Whether refuges suffice: with r of them, of which s hold HAVMs themselves, f failed refuges leave r - f, and the failed units that need
 * one are X - f and those of the f that hold HAVMs. True is a proof; false says nothing.
 */
export function holdsWholesale(ground: Ground, tolerate: number): boolean {
  const { compiled, size, spare, loads, ofUnit } = ground
  const { dims, hwms, units, unitOf, takesFallback } = compiled
  if (loads.some(load => load.hasGroups)) return false
  // Units are single HWMs here or not: what a unit's failure asks for is the sum over it.
  const most = new Float64Array(dims)
  units.forEach((_, u) => {
    for (let d = 0; d < dims; d++) {
      let sum = 0
      for (const l of ofUnit[u]!) sum += size[l * dims + d]!
      most[d] = Math.max(most[d]!, sum)
    }
  })
  const allowed = new Uint8Array(hwms).fill(1)
  for (const row of new Set(loads.map(load => load.allowed)))
    for (let h = 0; h < hwms; h++) allowed[h]! &= row[h]!
  const isRefuge = new Uint8Array(units.length)
  for (let h = 0; h < hwms; h++) {
    if (!takesFallback[h] || !allowed[h]) continue
    let hasRoom = true
    for (let d = 0; d < dims && hasRoom; d++) hasRoom = spare[h * dims + d]! >= most[d]!
    // One refuge a unit: two in one rack fail together, and are not needed together.
    if (hasRoom) isRefuge[unitOf[h]!] = 1
  }
  let empty = 0
  let holding = 0
  units.forEach((_, u) => {
    if (!isRefuge[u]) return
    if (ofUnit[u]!.length > 0) holding++
    else empty++
  })
  return empty >= tolerate || empty + holding >= tolerate + Math.min(tolerate, holding)
}
