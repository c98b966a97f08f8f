// The calls of libvirt's remote program that this client makes, as a table: number, arguments, result, time limit.
// Numbers and shapes are those of libvirt's protocol file, which only ever adds to them.
import {
  cookie,
  domain,
  maybeText,
  network,
  parameters,
  secret,
  storagePool,
  storageVolume,
  text,
  typedParameter,
} from './shapes.ts'
import {
  chars,
  flag,
  i32,
  list,
  nothing,
  optional,
  struct,
  u16,
  u32,
  u64,
  u8,
  uuid,
} from './xdr.ts'
import type { Codec } from './xdr.ts'

export interface Procedure<A, R> {
  readonly number: number
  /** As people who know libvirt's API would call it. */
  readonly name: string
  readonly args: Codec<A>
  readonly result: Codec<R>
  /** Time limit in ms when the caller gives none. */
  readonly timeoutMs: number
}

/** Answered from libvirtd's memory. */
const QUICK = 10_000
/** May ask the guest's monitor, write files, or start a process. */
const SLOW = 60_000
/** Waits for a person: polkit's agent asks for a password. */
const PERSON = 120_000
/** Copies a guest's memory. The caller gives a limit that fits the guest. */
const COPY = 3_600_000

function call<A, R>(
  number: number,
  name: string,
  args: Codec<A>,
  result: Codec<R>,
  timeoutMs: number = QUICK,
): Procedure<A, R> {
  return { number, name, args, result, timeoutMs }
}

const flags = struct({ flags: u32 })
const dom = struct({ dom: domain })
const domFlags = struct({ dom: domain, flags: u32 })
const xmlFlags = struct({ xml: text, flags: u32 })
const listArgs = struct({ needResults: i32, flags: u32 })
const poolFlags = struct({ pool: storagePool, flags: u32 })
const nodeStat = struct({ field: text, value: u64 })

export const connection = {
  authList: call(66, 'auth list', nothing, struct({ types: list(i32, 20) })),
  authPolkit: call(70, 'auth polkit', nothing, struct({ complete: i32 }), PERSON),
  open: call(1, 'open', struct({ name: maybeText, flags: u32 }), nothing, SLOW),
  close: call(2, 'close', nothing, nothing, 2_000),
  supportsFeature: call(
    60,
    'supports feature',
    struct({ feature: i32 }),
    struct({ supported: flag }),
  ),
  type: call(3, 'get type', nothing, struct({ type: text })),
  hypervisorVersion: call(4, 'get version', nothing, struct({ version: u64 }), SLOW),
  libraryVersion: call(157, 'get library version', nothing, struct({ version: u64 })),
  hostname: call(59, 'get hostname', nothing, struct({ hostname: text })),
  uri: call(110, 'get uri', nothing, struct({ uri: text })),
  capabilities: call(7, 'get capabilities', nothing, struct({ xml: text }), SLOW),
  domainCapabilities: call(
    342,
    'get domain capabilities',
    struct({
      emulator: maybeText,
      arch: maybeText,
      machine: maybeText,
      virtType: maybeText,
      flags: u32,
    }),
    struct({ xml: text }),
    SLOW,
  ),
  sysinfo: call(203, 'get sysinfo', flags, struct({ xml: text })),
  compareCpu: call(158, 'compare CPU', xmlFlags, struct({ result: i32 }), SLOW),
  compareHypervisorCpu: call(
    393,
    'compare hypervisor CPU',
    struct({
      emulator: maybeText,
      arch: maybeText,
      machine: maybeText,
      virtType: maybeText,
      xml: text,
      flags: u32,
    }),
    struct({ result: i32 }),
    SLOW,
  ),
  nodeInfo: call(
    6,
    'node info',
    nothing,
    struct({
      model: chars(32),
      memoryKiB: u64,
      cpus: i32,
      mhz: i32,
      nodes: i32,
      sockets: i32,
      cores: i32,
      threads: i32,
    }),
  ),
  nodeCpuStats: call(
    227,
    'node CPU statistics',
    struct({ cpu: i32, count: i32, flags: u32 }),
    struct({ params: list(nodeStat, 16), count: i32 }),
  ),
  nodeMemoryStats: call(
    228,
    'node memory statistics',
    struct({ count: i32, cell: i32, flags: u32 }),
    struct({ params: list(nodeStat, 16), count: i32 }),
  ),
  nodeFreeMemory: call(102, 'node free memory', nothing, struct({ bytes: u64 })),
} as const

export const domains = {
  listAll: call(273, 'list all domains', listArgs, struct({ domains: list(domain), count: u32 })),
  allStats: call(
    344,
    'all domain statistics',
    struct({ doms: list(domain), stats: u32, flags: u32 }),
    struct({
      records: list(struct({ dom: domain, params: list(typedParameter, 262_144) }), 262_144),
    }),
    SLOW,
  ),
  lookupByName: call(23, 'look up domain by name', struct({ name: text }), dom),
  lookupByUuid: call(24, 'look up domain by uuid', struct({ uuid }), dom),
  state: call(212, 'domain state', domFlags, struct({ state: i32, reason: i32 })),
  info: call(
    16,
    'domain info',
    dom,
    struct({ state: u8, maxMemoryKiB: u64, memoryKiB: u64, vcpus: u16, cpuTimeNs: u64 }),
  ),
  xml: call(14, 'domain XML', domFlags, struct({ xml: text })),
  isPersistent: call(151, 'domain is persistent', dom, struct({ persistent: flag })),
  define: call(350, 'define domain', xmlFlags, dom, SLOW),
  createXml: call(10, 'create domain from XML', xmlFlags, dom, SLOW),
  create: call(196, 'start domain', domFlags, dom, SLOW),
  shutdown: call(258, 'shut domain down', domFlags, nothing, SLOW),
  reboot: call(27, 'reboot domain', domFlags, nothing, SLOW),
  reset: call(245, 'reset domain', domFlags, nothing, SLOW),
  destroy: call(234, 'destroy domain', domFlags, nothing, SLOW),
  undefine: call(231, 'undefine domain', domFlags, nothing, SLOW),
  suspend: call(34, 'suspend domain', dom, nothing, SLOW),
  resume: call(28, 'resume domain', dom, nothing, SLOW),
  autostart: call(15, 'get autostart', dom, struct({ autostart: flag })),
  setAutostart: call(29, 'set autostart', struct({ dom: domain, autostart: flag }), nothing),
  setMetadata: call(
    264,
    'set metadata',
    struct({
      dom: domain,
      type: i32,
      metadata: maybeText,
      key: maybeText,
      uri: maybeText,
      flags: u32,
    }),
    nothing,
    SLOW,
  ),
  metadata: call(
    265,
    'get metadata',
    struct({ dom: domain, type: i32, uri: maybeText, flags: u32 }),
    struct({ metadata: text }),
  ),
  hasManagedSave: call(183, 'has managed save image', domFlags, struct({ result: flag })),
  jobInfo: call(
    163,
    'job info',
    dom,
    struct({
      type: i32,
      timeElapsed: u64,
      timeRemaining: u64,
      dataTotal: u64,
      dataProcessed: u64,
      dataRemaining: u64,
      memTotal: u64,
      memProcessed: u64,
      memRemaining: u64,
      fileTotal: u64,
      fileProcessed: u64,
      fileRemaining: u64,
    }),
  ),
  jobStats: call(298, 'job statistics', domFlags, struct({ type: i32, params: parameters })),
  abortJob: call(164, 'abort job', dom, nothing, SLOW),
  setMaxDowntime: call(
    166,
    'set maximum downtime',
    struct({ dom: domain, downtimeMs: u64, flags: u32 }),
    nothing,
  ),
  setMaxSpeed: call(
    207,
    'set maximum migration speed',
    struct({ dom: domain, mibPerSecond: u64, flags: u32 }),
    nothing,
  ),
  startPostCopy: call(364, 'start post-copy', domFlags, nothing, SLOW),
} as const

/** The five phases of a migration that the client manages; `perform` alone does all of one that is peer to peer. */
export const migration = {
  begin: call(
    302,
    'migration: begin',
    struct({ dom: domain, params: parameters, flags: u32 }),
    struct({ cookie, xml: text }),
    SLOW,
  ),
  prepare: call(
    303,
    'migration: prepare',
    struct({ params: parameters, cookie, flags: u32 }),
    struct({ cookie, uri: maybeText }),
    SLOW,
  ),
  perform: call(
    305,
    'migration: perform',
    struct({ dom: domain, destination: maybeText, params: parameters, cookie, flags: u32 }),
    struct({ cookie }),
    COPY,
  ),
  finish: call(
    306,
    'migration: finish',
    struct({ params: parameters, cookie, flags: u32, cancelled: flag }),
    struct({ dom: domain, cookie }),
    SLOW,
  ),
  confirm: call(
    307,
    'migration: confirm',
    struct({ dom: domain, params: parameters, cookie, flags: u32, cancelled: flag }),
    nothing,
    SLOW,
  ),
} as const

export const storage = {
  listPools: call(
    281,
    'list storage pools',
    listArgs,
    struct({ pools: list(storagePool), count: u32 }),
  ),
  lookupPool: call(
    84,
    'look up storage pool',
    struct({ name: text }),
    struct({ pool: storagePool }),
  ),
  poolInfo: call(
    87,
    'storage pool info',
    struct({ pool: storagePool }),
    struct({ state: u8, capacity: u64, allocation: u64, available: u64 }),
  ),
  poolXml: call(88, 'storage pool XML', poolFlags, struct({ xml: text })),
  refreshPool: call(83, 'refresh storage pool', poolFlags, nothing, SLOW),
  listVolumes: call(
    282,
    'list storage volumes',
    struct({ pool: storagePool, needResults: i32, flags: u32 }),
    struct({ volumes: list(storageVolume), count: u32 }),
  ),
  lookupVolumeByPath: call(
    97,
    'look up storage volume by path',
    struct({ path: text }),
    struct({ volume: storageVolume }),
  ),
  volumeInfo: call(
    98,
    'storage volume info',
    struct({ volume: storageVolume }),
    struct({ type: i32, capacity: u64, allocation: u64 }),
  ),
  createVolume: call(
    93,
    'create storage volume',
    struct({ pool: storagePool, xml: text, flags: u32 }),
    struct({ volume: storageVolume }),
    SLOW,
  ),
  deleteVolume: call(
    94,
    'delete storage volume',
    struct({ volume: storageVolume, flags: u32 }),
    nothing,
    SLOW,
  ),
} as const

export const networks = {
  listAll: call(283, 'list networks', listArgs, struct({ networks: list(network), count: u32 })),
  xml: call(43, 'network XML', struct({ network, flags: u32 }), struct({ xml: text })),
  isActive: call(152, 'network is active', struct({ network }), struct({ active: flag })),
} as const

export const secrets = {
  listAll: call(287, 'list secrets', listArgs, struct({ secrets: list(secret), count: u32 })),
  xml: call(143, 'secret XML', struct({ secret, flags: u32 }), struct({ xml: text })),
} as const

export const events = {
  register: call(
    316,
    'register for events',
    struct({ event: i32, dom: optional(domain) }),
    struct({ callback: i32 }),
  ),
  deregister: call(317, 'deregister from events', struct({ callback: i32 }), nothing),
  registerClose: call(360, 'register for the end of the connection', nothing, nothing),
} as const

/** What libvirt sends unasked once it was registered for. `event` is the number to register with. */
export interface EventMessage<M> {
  readonly number: number
  readonly event: number
  readonly body: Codec<M>
}

function message<M>(number: number, event: number, body: Codec<M>): EventMessage<M> {
  return { number, event, body }
}

export const messages = {
  lifecycle: message(318, 0, struct({ callback: i32, dom: domain, event: i32, detail: i32 })),
  reboot: message(319, 1, struct({ callback: i32, dom: domain })),
  watchdog: message(321, 3, struct({ callback: i32, dom: domain, action: i32 })),
  ioError: message(
    324,
    6,
    struct({
      callback: i32,
      dom: domain,
      path: text,
      device: text,
      action: i32,
      reason: text,
    }),
  ),
  migrationIteration: message(359, 20, struct({ callback: i32, dom: domain, iteration: i32 })),
  jobCompleted: message(363, 21, struct({ callback: i32, dom: domain, params: parameters })),
  /** Registered for by `registerClose`, not by an event number. */
  connectionClosed: message(362, -1, struct({ reason: i32 })),
} as const
