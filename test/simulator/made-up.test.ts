// Made-up clusters are sound, plausible, and the same for the same seed.
import { expect, test } from 'vitest'
import { sized, threeHosts } from '../../src/simulator/made-up.ts'

test('the three hosts of the lab', () => {
  const { config, guests } = threeHosts()
  expect(config.hwms.map(hwm => [hwm.name, hwm.fallback])).toEqual([
    ['quark', true],
    ['snailin', true],
    ['andreys', false],
  ])
  expect(guests.map(({ guest, on }) => `${guest.name}@${on}`)).toEqual([
    'win7-vmm2@quark',
    'freebsd-vmm2@quark',
    'ubuntu-vmm2@snailin',
    'test@snailin',
    'ceph1@quark',
    'ceph2@snailin',
    'ceph3@andreys',
  ])
})

for (const [hwms, vms] of [
  [1, 1],
  [3, 20],
  [6, 50],
  [1000, 10_000],
] as const) {
  test(`${hwms} HWMs and ${vms} VMs: names differ, nothing is overfull, the seed decides`, () => {
    const { config, guests, hosts } = sized(hwms, vms, 5)
    expect(new Set(config.hwms.map(hwm => hwm.name)).size).toBe(hwms)
    expect(new Set(config.hwms.map(hwm => hwm.libvirt)).size).toBe(hwms)
    expect(new Set(config.vms.map(vm => vm.name)).size).toBe(vms)
    expect(new Set(guests.map(({ guest }) => guest.uuid)).size).toBe(vms)
    for (const { guest } of guests.slice(0, 20))
      expect(guest.uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/)
    const load = new Map<string, number>()
    for (const { guest, on } of guests) load.set(on, (load.get(on) ?? 0) + guest.memory)
    for (const host of hosts) expect(load.get(host.name) ?? 0).toBeLessThan(host.memory * 0.7)
    expect(sized(hwms, vms, 5)).toEqual({ config, guests, hosts })
    if (vms > 1) expect(sized(hwms, vms, 6).guests).not.toEqual(guests)
  })
}
