// Fallback maps written by hand: whoever restarts a VM by one at night must be able to rest on it.
import type { HandMadeFallback } from '../cluster.ts'
import { allowedHwms } from '../placement.ts'
import type { Check } from './checking.ts'

export function checkFallbacks(check: Check): void {
  const sets = new Map<string, number>()
  for (const [index, fallback] of check.config.fallbacks.entries()) {
    const path = ['fallbacks', index]
    const key = JSON.stringify([...fallback.failed].sort())
    const first = sets.get(key)
    if (first === undefined) sets.set(key, index)
    else
      check.error(
        [...path, 'failed'],
        `the same HWMs as in fallbacks[${first}]`,
        'one map for each set of HWMs',
      )
    if (fallback.failed.length === 0)
      check.error([...path, 'failed'], 'no HWM', 'at least one HWM that failed')
    for (const [at, name] of fallback.failed.entries()) check.hwm([...path, 'failed', at], name)
    checkMap(check, index, fallback)
  }
}

function checkMap(check: Check, index: number, { failed, map }: HandMadeFallback): void {
  for (const [name, target] of Object.entries(map)) {
    const path = ['fallbacks', index, 'map', name]
    const isKnown = check.vm(path, name)
    if (!check.hwm(path, target)) continue
    if (failed.includes(target)) {
      check.error(path, `'${target}', which has failed in this map`, 'an HWM that is left')
      continue
    }
    if (check.hwms.get(target)?.fallback === false) {
      check.error(
        path,
        `'${target}', which takes nobody in (fallback: false)`,
        'an HWM that takes VMs in',
      )
    }
    const vm = isKnown ? check.vms.get(name) : undefined
    if (!vm) continue
    if (!vm.ha)
      check.error(
        path,
        `'${name}', which is no HAVM`,
        'a VM with ha: true (a plain VM waits for its HWM)',
      )
    if (!allowedHwms(check.config, vm).some(hwm => hwm.name === target)) {
      check.error(path, `'${target}', which may not run it (only, never)`, 'an HWM that may run it')
    }
  }
}
