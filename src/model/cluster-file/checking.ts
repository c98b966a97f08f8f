// What the checks of a configuration share: its indexes, and the list that findings go to.
import type { ClusterConfig, Hwm, Vm } from '../cluster.ts'
import type { Dimension } from '../resources.ts'
import { type Finding, oneOf, type Path } from './problem.ts'

/** The configuration with indexes, and the list that findings go to. */
export class Check {
  readonly config: ClusterConfig
  readonly hwms: ReadonlyMap<string, Hwm>
  readonly vms: ReadonlyMap<string, Vm>
  readonly findings: Finding[] = []
  /** Of all HWMs. */
  readonly #largest = new Map<Dimension, number | undefined>()

  constructor(config: ClusterConfig) {
    this.config = config
    this.hwms = new Map(config.hwms.map(hwm => [hwm.name, hwm]))
    this.vms = new Map(config.vms.map(vm => [vm.name, vm]))
  }

  /** The most that one of these HWMs gives of a dimension; undefined when one of them leaves its capacity to libvirt. */
  largestOf(hwms: readonly Hwm[], dimension: Dimension): number | undefined {
    if (hwms !== this.config.hwms) return largest(this.config, hwms, dimension)
    if (!this.#largest.has(dimension))
      this.#largest.set(dimension, largest(this.config, hwms, dimension))
    return this.#largest.get(dimension)
  }

  error(path: Path, found: string, expected: string): void {
    this.findings.push({ severity: 'error', path, found, expected })
  }

  warn(path: Path, found: string, expected: string): void {
    this.findings.push({ severity: 'warning', path, found, expected })
  }

  /** Whether an HWM is there; an error at `path` when it is not. */
  hwm(path: Path, name: string): boolean {
    if (this.hwms.has(name)) return true
    this.error(path, `'${name}'`, oneOf('the name of an HWM', name, [...this.hwms.keys()]))
    return false
  }

  vm(path: Path, name: string): boolean {
    if (this.vms.has(name)) return true
    this.error(path, `'${name}'`, oneOf('the name of a VM', name, [...this.vms.keys()]))
    return false
  }
}

function largest(
  config: ClusterConfig,
  hwms: readonly Hwm[],
  dimension: Dimension,
): number | undefined {
  const factor = config.overcommit[dimension] ?? 1
  let most = 0
  for (const { capacity, reserve } of hwms) {
    const whole = capacity[dimension]
    if (whole === undefined) return undefined
    most = Math.max(most, (whole - (reserve[dimension] ?? 0)) * factor)
  }
  return most
}
