// What a lab consists of: its hosts and guests, as a file or a test says, with addresses given to those that have none.
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { z } from 'zod'
import { BadLabSpec } from './errors.ts'

/** Names end up in host names, namespaces and paths; `.` divides them there. */
const name = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,30}$/, 'a name: a small letter, then small letters, digits and dashes')
const freeFields = z.record(z.string(), z.unknown())

const hostSchema = z.strictObject({
  /** IPv4 in 10.0.0.0/24; given by position when left out. */
  address: z
    .string()
    .regex(/^10\.0\.0\.\d{1,3}$/)
    .optional(),
  /** Runs a member of etcd. */
  etcd: z.boolean().default(false),
  /** Has a hardware watchdog. `timeout` in seconds; after a reset it boots again if `reboots`, and else stays off. */
  watchdog: z
    .strictObject({
      timeout: z.number().positive().default(5),
      reboots: z.boolean().default(false),
    })
    .optional(),
  /**
   * How it reaches the shared folder. `fuse` can hang as CephFS does (`service('storage', 'pause')`), and
   * knows no locks across hosts.
   */
  storage: z.enum(['bind', 'fuse']).default('bind'),
  /** Fields of this HWM in the cluster file. */
  hwm: freeFields.default({}),
})

const guestSchema = z.strictObject({
  home: name,
  /** Started when the lab comes up. */
  started: z.boolean().default(true),
  stubborn: z.boolean().default(false),
  busy: z.boolean().default(false),
  offAfterTicks: z.number().int().min(0).default(0),
  /** Fields of this VM in the cluster file. */
  vm: freeFields.default({}),
})

const labSchema = z
  .strictObject({
    cluster: name.default('lab'),
    tolerate: z.number().int().min(0).default(1),
    /** `settings` of the cluster file. The lab's shared folder is none libvirt knows, hence `unsafe`. */
    settings: freeFields.default({ migration: { unsafe: true } }),
    hosts: z.record(name, hostSchema),
    vms: z.record(name, guestSchema).default({}),
  })
  .superRefine((lab, context) => {
    const complain = (path: string[], message: string) =>
      context.addIssue({ code: 'custom', path, message })
    const hosts = Object.keys(lab.hosts)
    if (hosts.length === 0) complain(['hosts'], 'a lab has at least one host')
    for (const reserved of ['operator', 'management', 'switch']) {
      if (hosts.includes(reserved)) complain(['hosts', reserved], 'the lab has this one already')
    }
    for (const [vm, guest] of Object.entries(lab.vms)) {
      if (!hosts.includes(guest.home)) complain(['vms', vm, 'home'], `no host '${guest.home}'`)
    }
  })

export type LabSpec = z.infer<typeof labSchema>
/** What a test or a file writes: everything that has a default may be left out. */
export type LabInput = z.input<typeof labSchema>

const defaultHostsFile = new URL('hosts.yaml', import.meta.url).pathname

/** Checks what was read or written, and fills in what was left out, addresses too. */
export function labSpec(input: unknown, source = 'the object given'): LabSpec {
  const parsed = labSchema.safeParse(input)
  if (!parsed.success) {
    const places = parsed.error.issues.map(
      issue => `${issue.path.join('.') || 'file'}: ${issue.message}`,
    )
    throw new BadLabSpec(`${source} does not describe a lab: ${places.join('; ')}`, 2)
  }
  const lab = parsed.data
  const taken = new Set(Object.values(lab.hosts).map(host => host.address))
  let next = 11
  for (const host of Object.values(lab.hosts)) {
    if (host.address !== undefined) continue
    while (taken.has(`10.0.0.${next}`)) next++
    host.address = `10.0.0.${next++}`
  }
  return lab
}

/** Reads a hosts file (YAML, so JSON too). */
export function readLabSpec(path = defaultHostsFile): LabSpec {
  return labSpec(parse(readFileSync(path, 'utf8')), path)
}

/** A lab of `hosts` equal hosts, the first three with etcd, and `guests` HAVMs dealt out to them in turn. */
export function evenLab(hosts: number, guests: number): LabInput {
  const names = Array.from({ length: hosts }, (_, i) => `host${i + 1}`)
  return {
    hosts: Object.fromEntries(
      names.map((host, i) => [
        host,
        { etcd: i < 3, hwm: { capacity: { ram: '64GiB', cpu: 16, storage: '1TiB' } } },
      ]),
    ),
    vms: Object.fromEntries(
      Array.from({ length: guests }, (_, i) => [
        `vm${i + 1}`,
        { home: names[i % hosts] ?? 'host1', vm: { ha: true, ram: '2GiB', cpu: 1 } },
      ]),
    ),
  }
}
