// Pure derivations that everybody needs: who may run what, what an HWM has to give, what a VM asks for, what a VM is doing.
import type { ClusterConfig, Hwm, Vm } from './cluster.ts'

/** Where an HWM may run a VM by its `only` and `never`. */
export function allowedHwms(config: ClusterConfig, vm: Vm): readonly Hwm[] {
  return config.hwms.filter(
    ({ name }) => (vm.only?.includes(name) ?? true) && !vm.never?.includes(name),
  )
}
