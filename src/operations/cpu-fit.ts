// Whether an HWM's hypervisor gives the CPU that a guest asks for: part of the preflight.
import { LibvirtError } from '../libvirt/errors.ts'
import type { CallOptions } from '../libvirt/hypervisor.ts'
import type { CpuComparison, EmulatorQuery } from '../libvirt/inspection.ts'
import type { Machine } from '../libvirt/machine.ts'
import type { DomainDescription } from '../libvirt/xml/description.ts'
import { attribute, element, elements, parseXml } from '../libvirt/xml/element.ts'

/** VIR_ERR_OPERATION_UNSUPPORTED: libvirt compares no CPUs of this architecture. */
const CANNOT_COMPARE = 84

/** libvirt prints the guest's CPU as one element of the domain, indented by two. */
const CPU = /^ {2}<cpu(?:\s[^>]*)?(?:\/>|>[\s\S]*?^ {2}<\/cpu>)/m

/** Why not, in one clause; undefined when it does, or cannot be told. Throws what libvirt says of a model that it does not know. */
export async function wrongCpu(
  machine: Machine,
  xml: string,
  { type, cpu }: DomainDescription,
  query: EmulatorQuery,
  call: CallOptions,
): Promise<string | undefined> {
  const asked = CPU.exec(xml)?.[0]
  if (asked === undefined || cpu.mode !== 'custom') return undefined
  let verdict: CpuComparison
  try {
    verdict = await machine.compareCpu(asked, query, call)
  } catch (error) {
    if (error instanceof LibvirtError && error.code === CANNOT_COMPARE) return undefined
    throw error
  }
  // QEMU emulates a CPU without what it cannot: libvirt compares such a one at the start only where its domain says so.
  const isCompared = type === 'kvm' || cpu.check === 'partial' || cpu.check === 'full'
  return verdict === 'incompatible' && isCompared
    ? `its CPU cannot give what the guest was started with (${cpu.model})`
    : undefined
}

/** Of the hypervisor's capabilities: why it has no CPU of that mode. */
export function missingMode(
  capabilities: string,
  { type, cpu }: DomainDescription,
): string | undefined {
  const modes = elements(element(parseXml(capabilities), 'cpu'), 'mode')
  const found = modes.find(mode => attribute(mode, 'name') === cpu.mode)
  return found !== undefined && attribute(found, 'supported') === 'no'
    ? `its hypervisor has no CPU of the mode ${cpu.mode} for ${type} domains`
    : undefined
}
