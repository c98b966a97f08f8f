import { describe, expect, test } from 'vitest'
import { bootSector, bootsOnDisk, guestDisk, sectorSize } from './boot-sector.ts'

describe('the guest', () => {
  test('is one sector that a BIOS boots', () => {
    const sector = bootSector()
    expect(sector).toHaveLength(sectorSize)
    expect(sector.subarray(-2)).toEqual(Buffer.from([0x55, 0xaa]))
  })

  test('has its labels where its jumps go', () => {
    const sector = bootSector()
    // The first call, `call disk` at offset 17, must reach `mov si, packet`, and that the disk address packet.
    const disk = 0x11 + 3 + sector.readInt16LE(0x12)
    expect(sector[disk]).toBe(0xbe)
    const packet = sector.readUInt16LE(disk + 1) - 0x7c00
    expect(sector.subarray(packet, packet + 16).toString('hex')).toBe(
      '10000100007e00000100000000000000',
    )
  })

  test('finds its habits in its second sector', () => {
    const disk = guestDisk({ stubborn: true, offAfterTicks: 300 })
    expect(bootsOnDisk(disk)).toBe(0)
    expect(disk[sectorSize + 4]).toBe(1)
    expect(disk.readUInt32LE(sectorSize + 8)).toBe(300)
    expect(guestDisk({ busy: true })[sectorSize + 4]).toBe(2)
  })
})
