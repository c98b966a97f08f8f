// All commands in one table. Parsing, help and completion come from it, and so does the console's command line.
// It imports nothing but options.ts: the program reads it before anything else.
import {
  ACTING,
  CHANGING,
  COMMON_OPTIONS,
  CONFIG_OPTIONS,
  FILE,
  LOOKS,
  POSED,
  SOLVING,
  WITHOUT,
  type CommandSpec,
  type OptionSpec,
} from './options.ts'

export const COMMANDS = [
  {
    name: 'console',
    help: 'open the console (the same as yasco alone)',
    arguments: [],
    options: LOOKS,
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
    name: 'evacuate',
    help: 'restart the HAVMs of a dead HWM elsewhere, or move all VMs off a living one',
    more: 'A dead HWM must be proved off: by your word with --off-confirmed, or by its fence device with --fence. Several dead HWMs are evacuated in one plan, each with its own proof. Refused when the cluster changed since the plan.',
    arguments: [{ name: 'HWM', kind: 'hwm', required: true, repeats: true }],
    options: [
      {
        name: 'off-confirmed',
        value: 'HOW',
        repeats: true,
        help: 'it is off: how you verified that; recorded. Of several HWMs: HWM=HOW, again for each',
      },
      {
        name: 'fence',
        help: 'switch it off by its fence device, and read that back; of several HWMs, those without --off-confirmed',
      },
      { name: 'cold', help: 'shut VMs down and start them elsewhere, instead of moving them live' },
      WITHOUT,
      { name: 'parallel', value: 'N', help: 'moves at a time from or to one HWM' },
      ...ACTING,
    ],
    changes: true,
    onCluster: true,
  },
  {
    name: 'homecoming',
    help: 'bring VMs that are away home, live',
    arguments: [{ name: 'HWM', kind: 'hwm', required: false }],
    options: [WITHOUT, ...ACTING],
    changes: true,
    onCluster: true,
  },
  {
    name: 'maintenance',
    help: 'move all VMs off an HWM and keep others out, or end that',
    arguments: [
      { name: 'HWM', kind: 'hwm', required: true },
      { name: 'on|off', kind: 'text', required: true, choices: ['on', 'off'] },
    ],
    options: [{ name: 'cold', help: 'shut VMs down and start them elsewhere' }, ...ACTING],
    changes: true,
    onCluster: true,
  },
  {
    name: 'migrate',
    help: 'move one VM to another HWM, live',
    arguments: [
      { name: 'VM', kind: 'vm', required: true },
      { name: 'HWM', kind: 'hwm', required: true },
    ],
    options: [{ name: 'cold', help: 'shut it down and start it there' }, ...ACTING],
    changes: true,
    onCluster: true,
  },
  {
    name: 'start',
    help: 'start a VM, at its home or where there is room',
    arguments: [{ name: 'VM', kind: 'vm', required: true }],
    options: [{ name: 'at', value: 'HWM', help: 'there and nowhere else' }, ...ACTING],
    changes: true,
    onCluster: true,
  },
  {
    name: 'stop',
    help: 'shut a VM down; it stays stopped',
    arguments: [{ name: 'VM', kind: 'vm', required: true }],
    options: ACTING,
    changes: true,
    onCluster: true,
  },
  {
    name: 'fence',
    help: "ask an HWM's fence device, or have it switch the HWM off or on",
    arguments: [
      { name: 'HWM', kind: 'hwm', required: true },
      { name: 'status|off|on', kind: 'text', required: true, choices: ['status', 'off', 'on'] },
    ],
    options: ACTING,
    changes: true,
    onCluster: true,
  },
  {
    name: 'operation',
    help: 'list and show operations; pause, resume, retry, cancel or undo one',
    more: 'What another console conducts is asked of it; what nobody conducts any more is taken up here.',
    arguments: [
      {
        name: 'VERB',
        kind: 'text',
        required: false,
        choices: ['list', 'show', 'pause', 'resume', 'retry', 'cancel', 'undo'],
      },
      { name: 'ID', kind: 'text', required: false },
    ],
    options: ACTING,
    changes: true,
    onCluster: true,
  },
  {
    name: 'plan',
    help: 'work out where VMs belong, so that X failures can be survived, and the moves there',
    more: 'Changes nothing unless --apply or --execute is given. Ends with 0 when the map holds what is asked, 3 when that is proved impossible, 4 when the time ended before an answer. Ctrl-C takes the best so far.',
    arguments: [],
    options: [
      ...POSED,
      ...SOLVING,
      { name: 'keep-map', help: 'judge the homes as they are, and move nothing' },
      {
        name: 'capacity',
        help: 'also say how many spare slots X failures need, how many there are, and how many more HAVMs fit',
      },
      { name: 'like', value: 'VM', help: 'with --capacity: slots for HAVMs of this size only' },
      { name: 'keep-x', help: 'an order of moves in which X failures can be survived at any time' },
      {
        name: 'vbp',
        value: 'FILE',
        isFile: true,
        help: 'pack a .vbp instance (vector bin packing) instead',
      },
      { name: 'apply', help: 'commit the map as CDM: the homes change, nothing moves' },
      { name: 'execute', help: 'commit the map, and move the VMs live in the order of the plan' },
      ...CHANGING,
    ],
    changes: false,
    onCluster: true,
  },
  {
    name: 'fallback',
    help: 'print where HAVMs restart when HWMs fail, and what has no place',
    more: 'Ends with 0 when every set asked for is covered, 3 when one is proved not to be, 4 when the time ended before an answer.',
    arguments: [],
    options: [
      ...POSED,
      {
        name: 'failed',
        value: 'HWMS',
        help: 'of these HWMs, with commas between them, failed together',
      },
      { name: 'all', help: 'of every failure set up to X (the default; prints them all)' },
      { name: 'seconds', value: 'S', help: 'time for the whole answer' },
      { name: 'seed', value: 'N', help: 'equal numbers give equal answers' },
      { name: 'store', help: 'write the maps to etcd, for evacuations to use' },
      ...CHANGING,
    ],
    changes: false,
    onCluster: true,
  },
  {
    name: 'what-if',
    help: 'print what would become of X with an HWM more or less, or a VM that grows',
    more: 'Compares the verdict on the homes as they are with the one after the change, and plans the map after it. Changes nothing.',
    arguments: [],
    options: [
      ...POSED,
      ...SOLVING,
      { name: 'less', value: 'HWM', repeats: true, help: 'without this HWM; again for each' },
      {
        name: 'more',
        value: 'HWM[:N]',
        repeats: true,
        help: 'with N more HWMs like this one; default 1',
      },
      { name: 'maintenance', value: 'HWM', repeats: true, help: 'with this HWM in maintenance' },
      {
        name: 'grow',
        value: 'VM:AMOUNTS',
        repeats: true,
        help: 'with a VM of other demands, such as db:ram=16GiB,cpu=8',
      },
      {
        name: 'add',
        value: 'VM[:N]',
        repeats: true,
        help: 'with N more VMs like this one; default 1',
      },
    ],
    changes: false,
    onCluster: true,
  },
  {
    name: 'snapshot',
    help: 'print all that the solver needs to know of the cluster, to mail, keep and replay',
    more: 'It is a cluster file with every capacity, demand and home stated, and without addresses and secrets. plan, fallback and what-if read it with --snapshot FILE.',
    arguments: [],
    options: [POSED[0], POSED[1]],
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
      { name: 'story', help: 'let the story play by itself' },
      ...LOOKS,
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
