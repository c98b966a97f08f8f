// Domains as libvirt prints them, after the seed's guests: RBD with a ceph secret, Windows, FreeBSD, UEFI, and one tied to its host.
import { readFileSync } from 'node:fs'

export const SAMPLES = ['win7-vmm2', 'ubuntu-vmm2', 'freebsd-vmm2', 'ceph1', 'test'] as const

export function sample(name: (typeof SAMPLES)[number]): string {
  return readFileSync(new URL(`samples/${name}.xml`, import.meta.url), 'utf8')
}
