// Where every VM's home is: by the CDM; of what is not in it yet, by the cluster file. Kept up to date by what changed.
import type { HomeMap, Vm } from '../model/cluster.ts'

export class Homes {
  readonly #homes = new Map<string, string>()
  #cdm: HomeMap['homes'] | undefined
  /** Made when it is asked for after a change. */
  #byHwm: ReadonlyMap<string, readonly string[]> | undefined

  of(vm: string): string | undefined {
    return this.#homes.get(vm)
  }

  at(hwm: string): readonly string[] {
    if (!this.#byHwm) {
      const byHwm = new Map<string, string[]>()
      for (const [vm, home] of this.#homes) {
        const vms = byHwm.get(home)
        if (vms) vms.push(vm)
        else byHwm.set(home, [vm])
      }
      this.#byHwm = byHwm
    }
    return this.#byHwm.get(hwm) ?? []
  }

  /** Takes a new CDM, and these VMs' configurations; returns the VMs whose home is another now. */
  update(
    cdm: HomeMap['homes'] | undefined,
    configs: ReadonlyMap<string, Vm>,
    changed: readonly string[],
  ): string[] {
    const names =
      cdm === this.#cdm
        ? changed
        : new Set([...this.#homes.keys(), ...configs.keys(), ...Object.keys(cdm ?? {})])
    this.#cdm = cdm
    const moved: string[] = []
    for (const name of names) {
      const home = cdm?.[name] ?? configs.get(name)?.home
      if (home === this.#homes.get(name)) continue
      if (home === undefined) this.#homes.delete(name)
      else this.#homes.set(name, home)
      moved.push(name)
    }
    if (moved.length > 0) this.#byHwm = undefined
    return moved
  }
}
