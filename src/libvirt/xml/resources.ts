// What a domain asks of its host, as far as its XML says.
import type { Resources } from '../../model/resources.ts'
import type { DomainDescription } from './description.ts'

/**
 * ram in bytes (all that it may get: a balloon can be let out at any time), cpu in millicores (a core per vCPU, less where cputune's quota
 * says so), rx and tx in bit/s where an interface has a limit. Storage is absent: the XML names images, not their sizes.
 */
export function resourcesOf(domain: DomainDescription): Resources {
  const cpu = domain.vcpus * 1000
  const sum = (rates: readonly (number | undefined)[]): number | undefined => {
    const stated = rates.filter(rate => rate !== undefined)
    return stated.length === 0 ? undefined : stated.reduce((total, rate) => total + rate, 0)
  }
  const rx = sum(domain.interfaces.map(face => face.rx))
  const tx = sum(domain.interfaces.map(face => face.tx))
  return {
    ram: domain.memory,
    cpu: domain.cpuLimit === undefined ? cpu : Math.min(cpu, domain.cpuLimit),
    ...(rx !== undefined && { rx }),
    ...(tx !== undefined && { tx }),
  }
}
