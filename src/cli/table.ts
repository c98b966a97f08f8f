// All commands and options in one table. Parsing, help and completion come from it, and so does the console's command line.
// It has no imports: the program reads it before anything else.

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
export type ArgumentKind = 'uri' | 'shell' | 'text'

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

const CHANGING: readonly OptionSpec[] = [
  { name: 'dry-run', help: 'show what would be done and end' },
  { name: 'yes', short: 'y', help: 'do it without asking' },
  { name: 'reason', value: 'TEXT', help: 'why, for the log' },
]

const FILE: OptionSpec = {
  name: 'file',
  short: 'f',
  value: 'FILE',
  isFile: true,
  help: 'the cluster file; - for standard input',
}

export const COMMANDS = [
  {
    name: 'console',
    help: 'open the console (the same as yasco alone)',
    arguments: [],
    options: [
      { name: 'ascii', help: 'draw with ASCII only' },
      { name: 'no-color', help: 'draw without colours (NO_COLOR)' },
      { name: 'keys', value: 'FILE', isFile: true, help: 'a key map' },
      { name: 'theme', value: 'FILE', isFile: true, help: 'a theme' },
    ],
    changes: false,
    onCluster: true,
  },
  {
    name: 'status',
    help: 'print what the cluster is doing',
    more: 'Ends with 0 when every HWM is up and every VM that should run does, otherwise with 1; 4 when that could not be found out.',
    arguments: [],
    options: [
      { name: 'watch', short: 'w', help: 'go on, and print it anew when something changes' },
    ],
    changes: false,
    onCluster: true,
  },
  {
    name: 'apply',
    help: 'make the cluster what a cluster file says',
    more: 'Shows the differences and asks. Refused when the cluster changes in between. Homes of VMs that are there already stay where they are, unless --homes is given.',
    arguments: [],
    options: [
      FILE,
      { name: 'homes', help: 'also move existing homes to where the file has them' },
      ...CHANGING,
    ],
    changes: true,
    onCluster: true,
  },
  {
    name: 'export',
    help: 'print the cluster as a cluster file',
    arguments: [],
    options: [],
    changes: false,
    onCluster: true,
  },
  {
    name: 'import',
    help: 'make a cluster file from living hosts',
    more: 'Asks the libvirt of every URI for capacity and domains, and prints a cluster file to look over and apply. Changes nothing.',
    arguments: [{ name: 'URI', kind: 'uri', required: false, repeats: true }],
    options: [
      {
        name: 'hwm',
        value: 'URI',
        repeats: true,
        help: 'a libvirt URI, such as qemu+ssh://root@10.0.0.1/system; again for each host',
      },
      {
        name: 'etcd',
        value: 'ENDPOINTS',
        help: 'etcd endpoints for the file; default: port 2379 of the hosts',
      },
      { name: 'cluster', value: 'NAME', help: "the cluster's name for the file; default: cluster" },
      { name: 'domains', value: 'FOLDER', help: 'the folder of domain XML for the file, or etcd' },
    ],
    changes: false,
    onCluster: false,
  },
  {
    name: 'dump',
    help: "write every VM's domain XML into the domain store, and its hash into etcd",
    more: 'Secrets are never written. What is there already and differs is shown, and asked for.',
    arguments: [],
    options: CHANGING,
    changes: true,
    onCluster: true,
  },
  {
    name: 'events',
    help: 'print the log: who did what, and why',
    arguments: [],
    options: [
      { name: 'follow', short: 'F', help: 'go on with what comes' },
      { name: 'last', short: 'n', value: 'N', help: 'only the last N events; default 50' },
    ],
    changes: false,
    onCluster: true,
  },
  {
    name: 'doctor',
    help: 'check what the cluster needs to do its work, and say what to do',
    more: 'Ends with 0 when nothing fails, otherwise with 1.',
    arguments: [],
    options: [],
    changes: false,
    onCluster: true,
  },
  {
    name: 'demo',
    help: 'open the console on a made-up cluster',
    more: 'Without a terminal it prints a story as text.',
    arguments: [],
    options: [
      { name: 'seed', value: 'N', help: 'the same number makes the same cluster; default 1' },
      { name: 'size', value: 'HWMSxVMS', help: 'such as 1000x10000; default: three hosts' },
      { name: 'ascii', help: 'draw with ASCII only' },
      { name: 'no-color', help: 'draw without colours (NO_COLOR)' },
    ],
    changes: false,
    onCluster: false,
  },
  {
    name: 'completion',
    help: 'print what makes a shell complete yasco',
    more: 'For bash: yasco completion bash > /etc/bash_completion.d/yasco',
    arguments: [{ name: 'SHELL', kind: 'shell', required: true, choices: ['bash', 'zsh', 'fish'] }],
    options: [],
    changes: false,
    onCluster: false,
  },
  {
    name: 'engine',
    help: "run a console's engine",
    arguments: [{ name: 'SPEC', kind: 'text', required: true }],
    options: [],
    changes: false,
    onCluster: false,
    hidden: true,
  },
] as const satisfies readonly CommandSpec[]

export type CommandName = (typeof COMMANDS)[number]['name']

export const DEFAULT_COMMAND: CommandName = 'console'

/** A command of the table, or undefined. */
export function findCommand(
  name: string,
): (CommandSpec & { readonly name: CommandName }) | undefined {
  return COMMANDS.find(command => command.name === name)
}

/** Every option a command takes: its own, those that say which cluster, and the common ones. */
export function optionsOf(command: CommandSpec): readonly OptionSpec[] {
  return [...command.options, ...(command.onCluster ? CONFIG_OPTIONS : []), ...COMMON_OPTIONS]
}
