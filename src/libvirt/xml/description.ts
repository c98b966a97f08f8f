// What yasco knows of a domain from its XML. Plain data.

/** What a domain's XML says, in base units. What the XML leaves out is undefined. */
export interface DomainDescription {
  readonly name: string
  readonly uuid: string | undefined
  readonly title: string | undefined
  readonly description: string | undefined
  /** The hypervisor: `kvm`, `qemu`, ... */
  readonly type: string
  readonly arch: string | undefined
  readonly machine: string | undefined
  readonly emulator: string | undefined
  /** Bytes at most; with memory hotplug what is plugged in at boot. */
  readonly memory: number
  /** Bytes after the balloon. */
  readonly currentMemory: number
  /** CPUs at most. */
  readonly vcpus: number
  readonly currentVcpus: number
  /** Millicores that the domain cannot exceed, by cputune's quotas. */
  readonly cpuLimit: number | undefined
  readonly cpu: CpuDescription
  readonly boot: BootDescription
  /** Names under features and hyperv, e.g. `acpi`, `hyperv.relaxed`. */
  readonly features: readonly string[]
  readonly disks: readonly DiskDescription[]
  readonly interfaces: readonly InterfaceDescription[]
  readonly hostDevices: readonly HostDeviceDescription[]
  readonly filesystems: readonly FilesystemDescription[]
  readonly graphics: readonly GraphicsDescription[]
  readonly serials: readonly SerialDescription[]
  readonly tpms: readonly { readonly backend: string; readonly model: string | undefined }[]
  /** Whether a channel for the QEMU guest agent is there. */
  readonly guestAgent: boolean
  readonly sharedMemory: readonly string[]
  readonly secrets: readonly SecretReference[]
  /** `destroy`, `restart`, ... by the event: `poweroff`, `reboot`, `crash`. */
  readonly onEvent: Readonly<Record<'poweroff' | 'reboot' | 'crash', string | undefined>>
  /** Leaves and attributes of the element in yasco's namespace under metadata. */
  readonly yasco: Readonly<Record<string, string>>
}

/** The namespace of yasco's own element in a domain's metadata. */
export const YASCO_NAMESPACE = 'urn:yasco:domain:1'

export interface CpuDescription {
  /** `custom`, `host-model`, `host-passthrough`, `maximum`; undefined: the hypervisor's default. */
  readonly mode: string | undefined
  readonly model: string | undefined
  /** How libvirt compares it with what the host gives, before it starts: `none`, `partial`, `full`; undefined: libvirt's default. */
  readonly check: string | undefined
  /** Whether host-passthrough leaves out what cannot migrate. */
  readonly migratable: boolean | undefined
  readonly features: readonly { readonly name: string; readonly policy: string }[]
}

export interface BootDescription {
  /** `efi` or `bios` where libvirt chooses the firmware itself. */
  readonly firmware: string | undefined
  readonly loader: { readonly path: string; readonly type: string | undefined } | undefined
  readonly nvram: { readonly path: string | undefined; readonly network: boolean } | undefined
  /** Devices in order, e.g. `hd`, `cdrom`. */
  readonly devices: readonly string[]
  readonly kernel: string | undefined
  readonly initrd: string | undefined
}

export type DiskSource =
  | { readonly kind: 'file' | 'block' | 'dir' | 'vhostuser'; readonly path: string }
  | {
      readonly kind: 'network'
      /** `rbd`, `iscsi`, `nbd`, ... */
      readonly protocol: string
      readonly name: string
      /** The two parts of an RBD name `pool/image`. */
      readonly pool: string | undefined
      readonly image: string | undefined
      readonly hosts: readonly { readonly name: string; readonly port: number | undefined }[]
    }
  | { readonly kind: 'volume'; readonly pool: string; readonly volume: string }
  | { readonly kind: 'other'; readonly type: string }

export interface DiskDescription {
  /** `disk`, `cdrom`, `floppy`, `lun`. */
  readonly device: string
  /** Undefined: an empty drive. */
  readonly source: DiskSource | undefined
  /** `vda` */
  readonly target: string
  readonly bus: string | undefined
  /** `raw`, `qcow2`, ... */
  readonly format: string | undefined
  readonly cache: string | undefined
  readonly readOnly: boolean
  readonly shareable: boolean
  readonly bootOrder: number | undefined
}

export interface InterfaceDescription {
  /** `bridge`, `network`, `direct`, `hostdev`, ... */
  readonly type: string
  /** The bridge, network or device. */
  readonly source: string | undefined
  readonly mac: string | undefined
  readonly model: string | undefined
  /** bit/s into the guest (libvirt's inbound) and out of it; undefined: no limit. */
  readonly rx: number | undefined
  readonly tx: number | undefined
}

export interface HostDeviceDescription {
  /** `pci`, `usb`, `scsi`, `mdev`, ... */
  readonly type: string
  /** For people: an address, or vendor and product. */
  readonly source: string
}

export interface FilesystemDescription {
  readonly type: string
  readonly source: string | undefined
  readonly target: string | undefined
  readonly driver: string | undefined
}

export interface GraphicsDescription {
  readonly type: string
  /** Undefined: libvirt chooses. */
  readonly port: number | undefined
  readonly listen: string | undefined
}

export interface SerialDescription {
  /** `pty`, `file`, `tcp`, `dev`, ... */
  readonly type: string
  readonly path: string | undefined
}

/** A libvirt secret that the host needs before the domain can start. */
export interface SecretReference {
  /** `ceph`, `iscsi`, `passphrase`, ... */
  readonly type: string | undefined
  readonly uuid: string | undefined
  readonly usage: string | undefined
}
