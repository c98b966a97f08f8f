// The XML a made-up guest would have: what libvirt gives for a plain KVM guest with one disk on RBD and one bridge.
import type { GuestSpec } from './host.ts'

export function domainXml(guest: GuestSpec): string {
  const mac = guest.uuid.slice(0, 6).match(/../g)?.join(':') ?? '00:00:00'
  return `<domain type='kvm'>
  <name>${guest.name}</name>
  <uuid>${guest.uuid}</uuid>
  <memory unit='KiB'>${guest.memory / 1024}</memory>
  <currentMemory unit='KiB'>${guest.memory / 1024}</currentMemory>
  <vcpu placement='static'>${guest.vcpus}</vcpu>
  <os>
    <type arch='x86_64' machine='pc-q35-7.2'>hvm</type>
    <boot dev='hd'/>
  </os>
  <features>
    <acpi/>
    <apic/>
  </features>
  <cpu mode='host-model' check='partial'/>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <disk type='network' device='disk'>
      <driver name='qemu' type='raw' cache='none'/>
      <source protocol='rbd' name='vms/${guest.name}'>
        <host name='ceph' port='6789'/>
      </source>
      <target dev='vda' bus='virtio'/>
    </disk>
    <interface type='bridge'>
      <mac address='52:54:00:${mac}'/>
      <source bridge='br0'/>
      <model type='virtio'/>
    </interface>
    <serial type='pty'>
      <target type='isa-serial' port='0'/>
    </serial>
  </devices>
</domain>
`
}
