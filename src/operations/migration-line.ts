// Whether guests' memory could get from one HWM to another: the address that is named to the source, and the ports behind it.
import type { ClusterConfig } from '../model/cluster.ts'
import type { Reach } from './reach.ts'

const CALL_MS = 10_000
const call = { timeoutMs: CALL_MS }
/** The last port libvirt gives out when qemu.conf says nothing. */
const LAST_PORT = '49215'

/** On the destination, $1: its address for migrations, if one is configured. Prints: a line if that is on no interface; host; last port. */
const DESTINATION = `conf=/etc/libvirt/qemu.conf
value() { sed -n "s/^ *$1 *= *\\"\\{0,1\\}\\([^\\" ]*\\).*/\\1/p" $conf 2>/dev/null | tail -n 1; }
if [ -n "$1" ]; then
  [ -n "$(ip -o addr show to "$1")" ] || { echo absent; exit 0; }
  host=$1
else host=$(value migration_host); fi
[ -n "$host" ] || host=$(hostname -f 2>/dev/null || hostname)
port=$(value migration_port_max)
echo "$host \${port:-${LAST_PORT}}"`

/**
 * On the source: $1 host, $2 port. Nobody listens there, as the last port of the range is asked for: a refusal says that the line is
 * there. A connection to a port in use would be taken for a guest's memory. Says nothing where there is no bash.
 */
const SOURCE = `command -v bash >/dev/null && command -v timeout >/dev/null || exit 0
said=$(LC_ALL=C timeout 3 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$2" 2>&1)
case "$? $said" in "0 "*|*refused*) ;; 124*) echo "no answer";; *) echo "$said" | sed -n '1s/.*: //p';; esac`

/** Why guests cannot be copied from one to the other, in one clause; undefined when nothing speaks against it, or nobody can look. */
export async function missingLine(
  from: string,
  to: string,
  { reach, config }: { readonly reach: Reach; readonly config: ClusterConfig },
): Promise<string | undefined> {
  const configured = config.hwms.find(hwm => hwm.name === to)?.migration
  const [source, destination] = [reach.shell(from), reach.shell(to)]
  if (destination === undefined) return undefined
  const { stdout } = await destination(DESTINATION, { ...call, args: [configured ?? ''] })
  if (stdout.trim() === 'absent')
    return `its address for migrations, ${configured}, is on none of its interfaces`
  const [host, port] = stdout.trim().split(' ')
  if (source === undefined || host === undefined || port === undefined) return undefined
  const told = (await source(SOURCE, { ...call, args: [host, port] })).stdout.trim()
  return told === ''
    ? undefined
    : `${from} does not reach its port for migrations, ${host} ${port}: ${told}`
}
