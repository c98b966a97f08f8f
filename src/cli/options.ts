// What a command is described by, and the options that several of them share. It has no imports, as the table has none but this.

export interface OptionSpec {
  readonly name: string
  readonly short?: string
  /** The word for its value in help; absent: the option has none. */
  readonly value?: string
  readonly help: string
  /** Completes to one of these. */
  readonly choices?: readonly string[]
  /** Completes to names of files. */
  readonly isFile?: boolean
  readonly repeats?: boolean
}

/** What an argument names, for completion. */
export type ArgumentKind = 'uri' | 'shell' | 'text' | 'hwm' | 'vm'

export interface ArgumentSpec {
  readonly name: string
  readonly kind: ArgumentKind
  readonly required: boolean
  readonly repeats?: boolean
  readonly choices?: readonly string[]
}

export interface CommandSpec {
  readonly name: string
  /** One line, begins with a verb. */
  readonly help: string
  /** What else one must know to use it. */
  readonly more?: string
  readonly arguments: readonly ArgumentSpec[]
  readonly options: readonly OptionSpec[]
  /** Writes to the cluster: asks first, and is refused with --read-only. */
  readonly changes: boolean
  /** Works on a running cluster: takes --config, --etcd, --cluster. */
  readonly onCluster: boolean
  /** Not for people: neither in help nor in completion. */
  readonly hidden?: boolean
}

export const CONFIG_OPTIONS: readonly OptionSpec[] = [
  {
    name: 'config',
    value: 'FILE',
    isFile: true,
    help: 'a cluster file that says how etcd is reached (YASCO_CONFIG; default /etc/yasco/cluster.yaml)',
  },
  {
    name: 'etcd',
    value: 'ENDPOINTS',
    help: 'etcd endpoints instead, with commas between them (YASCO_ETCD)',
  },
  { name: 'cluster', value: 'NAME', help: "the cluster's name (YASCO_CLUSTER)" },
]

export const COMMON_OPTIONS: readonly OptionSpec[] = [
  { name: 'json', help: 'print JSON for programs' },
  { name: 'plain', help: 'print neither colours nor signs beyond ASCII' },
  { name: 'read-only', help: 'change nothing: neither etcd nor libvirt is written to' },
  { name: 'timeout', value: 'TIME', help: 'give up after so long, such as 30s' },
  { name: 'help', short: 'h', help: 'say how a command is used' },
  { name: 'version', short: 'V', help: 'print the version' },
]

export const CHANGING: readonly OptionSpec[] = [
  { name: 'dry-run', help: 'show what would be done and end' },
  { name: 'yes', short: 'y', help: 'do it without asking' },
  { name: 'reason', value: 'TEXT', help: 'why, for the log' },
]

export const ACTING: readonly OptionSpec[] = [
  ...CHANGING,
  {
    name: 'confirm-name',
    value: 'NAME',
    repeats: true,
    help: 'confirms a plan that interrupts VMs, instead of typing the name; again for each HWM that is taken for dead',
  },
]

export const WITHOUT: OptionSpec = {
  name: 'without',
  value: 'VM',
  repeats: true,
  help: 'leave this VM out; again for each',
}

export const FILE: OptionSpec = {
  name: 'file',
  short: 'f',
  value: 'FILE',
  isFile: true,
  help: 'the cluster file; - for standard input',
}

/** How the console draws, and which keys it has. */
export const LOOKS: readonly OptionSpec[] = [
  { name: 'ascii', help: 'draw with ASCII only' },
  { name: 'no-color', help: 'draw without colours (NO_COLOR)' },
  {
    name: 'keys',
    value: 'FILE',
    isFile: true,
    help: 'a key map; default ~/.config/yasco/keys.yaml',
  },
  {
    name: 'theme',
    value: 'FILE',
    isFile: true,
    help: 'a theme; default ~/.config/yasco/theme.yaml',
  },
]

/** Where the solver's commands get the cluster from when it is not the running one. */
export const POSED = [
  {
    ...FILE,
    help: 'a cluster file alone: neither etcd nor libvirt is asked; - for standard input',
  },
  { name: 'snapshot', value: 'FILE', isFile: true, help: 'what `yasco snapshot` printed, instead' },
  { name: 'tolerate', value: 'X', help: 'failures to survive; default: what the cluster says' },
] as const satisfies readonly OptionSpec[]

export const SOLVING: readonly OptionSpec[] = [
  {
    name: 'objective',
    value: 'WHAT',
    help: 'what to be best by: fewest-hwms, balance or fewest-moves; several with commas, the first decides; with weights (balance:100,fewest-moves:1) their sum',
  },
  {
    name: 'seconds',
    value: 'S',
    help: 'time for the whole answer; default: until it ends by itself',
  },
  {
    name: 'seed',
    value: 'N',
    help: 'equal numbers give equal answers: effort is then counted in steps beside the time',
  },
]
