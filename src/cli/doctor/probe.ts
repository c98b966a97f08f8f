// What a host says of itself in a shell: one script, one answer.
import { type CallOptions, RunFailed, type RunOnHwm } from '../../domains/store.ts'

/** How another HWM's migration port looked from here. `closed` is as it should be: nobody listens until a VM comes, and nothing is in the way. */
export type PortState = 'open' | 'closed' | 'filtered' | 'no-route' | 'unknown'

export interface Probe {
  readonly bridges: readonly string[]
  /** `enabled`, `disabled`, ...; `unknown` where there is no systemd to ask. */
  readonly libvirtGuests: string
  readonly hasWatchdog: boolean
  /** Fence agents that are installed. */
  readonly agents: readonly string[]
  /** By the name of the other HWM. */
  readonly ports: ReadonlyMap<string, PortState>
  /** The mount table. */
  readonly mounts: string
}

export interface ProbeQuestion {
  readonly watchdog: string | undefined
  readonly agents: readonly string[]
  /** Other HWMs and the address where migrations to them arrive. */
  readonly peers: readonly { readonly name: string; readonly address: string }[]
}

/** The first port that libvirt gives to an incoming migration. */
const MIGRATION_PORT = 49152

/** Arguments: watchdog, how many agents, the agents, then name and address of each peer. */
const SCRIPT = `
watchdog=$1; agents=$2; shift 2
echo "guests=$(systemctl is-enabled libvirt-guests.service 2>/dev/null || true)"
for entry in /sys/class/net/*; do [ -d "$entry/bridge" ] && echo "bridge=\${entry##*/}"; done
[ -n "$watchdog" ] && [ -c "$watchdog" ] && echo watchdog=yes
while [ "$agents" -gt 0 ]; do
  command -v "$1" >/dev/null 2>&1 && echo "agent=$1"
  shift; agents=$((agents - 1))
done
probe() {
  command -v bash >/dev/null 2>&1 && command -v timeout >/dev/null 2>&1 || { echo "port=unknown $1"; return; }
  said=$(LC_ALL=C timeout 3 bash -c ': <>"/dev/tcp/$0/${MIGRATION_PORT}"' "$2" 2>&1); status=$?
  case "$status:$said" in
    0:*) echo "port=open $1" ;;
    124:*) echo "port=filtered $1" ;;
    *refused*) echo "port=closed $1" ;;
    *) echo "port=no-route $1" ;;
  esac
}
while [ $# -gt 1 ]; do probe "$1" "$2" & shift 2; done
wait
echo mounts=
cat /proc/self/mounts
`

const LIMIT_MS = 10_000

/** Asks one host. Throws what `run` rejects with. */
export async function probeHost(
  run: RunOnHwm,
  { watchdog = '', agents, peers }: ProbeQuestion,
  options: CallOptions,
): Promise<Probe> {
  const args = [
    watchdog,
    String(agents.length),
    ...agents,
    ...peers.flatMap(({ name, address }) => [name, address]),
  ]
  const { status, stdout, stderr } = await run(SCRIPT, { timeoutMs: LIMIT_MS, ...options, args })
  if (status !== 0) throw new RunFailed(stderr.trim() || `exit status ${status}`)
  return readProbe(stdout)
}

const PORT_STATES: readonly PortState[] = ['open', 'closed', 'filtered', 'no-route', 'unknown']

/** Reads what the script printed. */
export function readProbe(output: string): Probe {
  const [facts = '', mounts = ''] = output.split('\nmounts=\n')
  const values = (key: string) =>
    facts
      .split('\n')
      .flatMap(line => (line.startsWith(`${key}=`) ? [line.slice(key.length + 1)] : []))
  const ports = values('port').map(text => {
    const [state, ...name] = text.split(' ')
    return [name.join(' '), PORT_STATES.find(known => known === state) ?? 'unknown'] as const
  })
  return {
    bridges: values('bridge'),
    libvirtGuests: values('guests')[0] || 'unknown',
    hasWatchdog: values('watchdog').length > 0,
    agents: values('agent'),
    ports: new Map(ports),
    mounts,
  }
}

/** Difference of the host's wall clock from ours, and how far that figure may be wrong, both in ms. */
export async function clockDifference(
  run: RunOnHwm,
  options: CallOptions,
): Promise<{ readonly ms: number; readonly uncertainty: number }> {
  const sent = Date.now()
  const { stdout } = await run('date +%s%N', options)
  const received = Date.now()
  const theirs = Number(BigInt(stdout.trim()) / 1_000_000n)
  return { ms: theirs - (sent + received) / 2, uncertainty: (received - sent) / 2 }
}
