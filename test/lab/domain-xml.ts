// The lab's guests as libvirt domains.
import { join } from 'node:path'
import { uuidOf } from './layout.ts'

/** Folders under /srv, which all hosts share. */
export const imagesFolder = 'images'
export const serialFolder = 'serial'
export const domainsFolder = 'domains'

/**
 * Domain XML of a guest, the same on every host. Emulated (TCG), so that it runs where there is no KVM; its serial port is a
 * file opened for appending, as a migration's destination must not cut off what the source wrote.
 */
export function domainXml(labName: string, vm: string): string {
  const image = join('/srv', imagesFolder, `${vm}.img`)
  const serial = join('/srv', serialFolder, `${vm}.log`)
  return `<domain type='qemu'>
  <name>${vm}</name>
  <uuid>${uuidOf('vm', labName, vm)}</uuid>
  <memory unit='MiB'>16</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64' machine='pc-i440fx-7.2'>hvm</type>
    <boot dev='hd'/>
  </os>
  <features>
    <acpi/>
  </features>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw'/>
      <source file='${image}'/>
      <target dev='hda' bus='ide'/>
    </disk>
    <controller type='usb' model='none'/>
    <serial type='file'>
      <source path='${serial}' append='on'/>
    </serial>
    <memballoon model='none'/>
  </devices>
</domain>
`
}
