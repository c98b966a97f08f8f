import { beforeEach, expect, test } from 'vitest'
import { writeRecord } from '../../src/domains/in-etcd.ts'
import { DomainStoreSilent } from '../../src/domains/store.ts'
import { MemoryEtcd } from '../../src/etcd/memory.ts'
import type { StateStore } from '../../src/etcd/store.ts'
import { CallTimedOut, LibvirtError } from '../../src/libvirt/errors.ts'
import type { CpuComparison } from '../../src/libvirt/inspection.ts'
import type { Machine } from '../../src/libvirt/machine.ts'
import { xmlHash } from '../../src/libvirt/xml/canonical.ts'
import type { ClusterConfig } from '../../src/model/cluster.ts'
import { preflight } from '../../src/operations/preflight.ts'
import type { Reach } from '../../src/operations/reach.ts'

const UUID = '11111111-2222-4333-8444-555555555555'
const XML = `<domain type='kvm'>
  <name>v</name>
  <uuid>${UUID}</uuid>
  <memory unit='MiB'>512</memory>
  <vcpu>1</vcpu>
  <os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os>
  <cpu mode='custom' match='exact'>
    <model>Skylake-Server</model>
  </cpu>
  <devices><emulator>/usr/bin/qemu-system-x86_64</emulator></devices>
</domain>
`

let store: StateStore
let xml: string
let cpu: () => Promise<CpuComparison>
let domains: { name: string; uuid: string }[]
let stored: () => Promise<string | undefined>
let capabilities: () => Promise<string>

beforeEach(async () => {
  store = new MemoryEtcd().connect()
  xml = XML
  cpu = () => Promise.resolve('identical')
  domains = []
  stored = () => Promise.resolve(xml)
  capabilities = () => Promise.resolve('<domainCapabilities/>')
  await writeRecord(store, 'v', { hash: xmlHash(XML), when: '', from: 'a' })
})

/** What is dumped and lies in the domain store. */
async function is(other: string): Promise<void> {
  xml = other
  await writeRecord(store, 'v', { hash: xmlHash(xml), when: '', from: 'a' })
}

function asked() {
  const machine = {
    domains: async () => domains,
    domainCapabilities: () => capabilities(),
    compareCpu: () => cpu(),
    networks: async () => [],
    secrets: async () => [],
    xml: async () => XML,
  } as unknown as Machine
  const reach = { machine: async () => machine, shell: () => undefined } as unknown as Reach
  const config = { hwms: [] } as unknown as ClusterConfig
  const step = { vm: 'v', method: 'restart', from: 'a' } as const
  return preflight(
    step,
    'b',
    { name: 'v', uuid: UUID },
    {
      reach,
      store,
      config,
      storedXml: () => stored(),
    },
  )
}

test('whoever can run it is ready, with the XML to start from', async () => {
  expect(await asked()).toEqual({ verdict: 'ready', xml: XML })
})

test('a CPU that cannot give what the guest was started with', async () => {
  cpu = () => Promise.resolve('incompatible')
  expect((await asked()).verdict).toEqual({
    refused: 'its CPU cannot give what the guest was started with (Skylake-Server)',
  })
})

test('an emulated CPU is made to measure, unless its domain says that it is checked', async () => {
  cpu = () => Promise.resolve('incompatible')
  await is(XML.replace("'kvm'", "'qemu'"))
  expect((await asked()).verdict).toBe('ready')
  await is(XML.replace("'kvm'", "'qemu'").replace("match='exact'", "match='exact' check='partial'"))
  expect((await asked()).verdict).toEqual({
    refused: 'its CPU cannot give what the guest was started with (Skylake-Server)',
  })
})

test('a CPU model that nobody knows there is refused in the words of libvirt; where libvirt compares none, it is left to the start', async () => {
  await is(XML.replace("'kvm'", "'qemu'"))
  cpu = () => Promise.reject(new LibvirtError('Unknown CPU model Skylake-Server', 1, 31))
  expect((await asked()).verdict).toEqual({ refused: 'Unknown CPU model Skylake-Server' })
  cpu = () => Promise.reject(new LibvirtError('not supported for arch ppc64', 84, 31))
  expect((await asked()).verdict).toBe('ready')
})

test('a mode of the CPU that its hypervisor does not give', async () => {
  await is(XML.replace(/<cpu [^]*<\/cpu>/, "<cpu mode='host-passthrough'/>"))
  const mode = (supported: string) =>
    `<domainCapabilities><cpu><mode name='host-passthrough' supported='${supported}'/></cpu></domainCapabilities>`
  capabilities = () => Promise.resolve(mode('yes'))
  expect((await asked()).verdict).toBe('ready')
  capabilities = () => Promise.resolve(mode('no'))
  expect((await asked()).verdict).toEqual({
    refused: 'its hypervisor has no CPU of the mode host-passthrough for kvm domains',
  })
})

test('an emulator or board that is not there, in the words of libvirt', async () => {
  capabilities = () => Promise.reject(new LibvirtError('unsupported machine', 67, 10))
  expect((await asked()).verdict).toEqual({
    refused: '/usr/bin/qemu-system-x86_64, pc-q35-7.2 is not there: unsupported machine',
  })
})

test('another domain of that name', async () => {
  domains = [{ name: 'v', uuid: UUID.replace('1', '9') }]
  expect((await asked()).verdict).toEqual({
    refused: `another domain of the name v is there, with uuid ${UUID.replace('1', '9')}`,
  })
})

test('XML that is missing, changed, or was never dumped', async () => {
  stored = () => Promise.resolve(undefined)
  expect((await asked()).verdict).toEqual({ refused: 'its domain store has no XML of v' })
  stored = () => Promise.resolve(XML.replace('512', '1024'))
  expect((await asked()).verdict).toEqual({
    refused: 'the XML of v in its domain store differs from the hash in etcd',
  })
  store = new MemoryEtcd().connect()
  expect((await asked()).verdict).toEqual({
    refused: "etcd has no hash of the XML of v: run 'yasco dump' while its HWM lives",
  })
})

test('a domain store that hangs is a refusal; an HWM that is silent is no verdict', async () => {
  stored = () => Promise.reject(new DomainStoreSilent('/srv/domains on b', 'reading v', 5_000))
  expect((await asked()).verdict).toEqual({
    refused: expect.stringContaining('/srv/domains on b gave no answer within 5000 ms'),
  })
  stored = () => Promise.resolve(XML)
  capabilities = () => Promise.reject(new CallTimedOut('capabilities', 10_000))
  await expect(asked()).rejects.toThrow(CallTimedOut)
})
