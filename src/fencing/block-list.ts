// Ceph's block-list as a barrier: an HWM on it reads and writes nothing of the cluster's storage any more, whatever still runs there.
// RBD's exclusive lock is none (two clients alternate), so VMs start elsewhere only after this. Done by the `ceph` of an HWM that lives.
import { FenceFailed } from './device.ts'

/** Runs a POSIX shell script on an HWM that reaches Ceph. */
export type RunScript = (
  script: string,
  options: { readonly args: readonly string[]; readonly timeoutMs: number },
) => Promise<{ readonly status: number; readonly stdout: string; readonly stderr: string }>

/** As the cluster file's `ceph` says; what is left out is the `ceph` command's own default. */
export interface CephAccess {
  readonly conf?: string
  readonly user?: string
}

const CALL_MS = 30_000
/** For reaching the monitors, in s. */
const CONNECT_S = 10
/** Ten years, in s: left out, an entry ends after an hour, and what hangs there would write again. */
const FOR_S = 315_360_000

/**
 * $1: name or address of the HWM, the rest: the command with its options. Bare addresses: an entry with a nonce lets new mounts in. `ceph`
 * tells what it did on either channel; only our own lines and what it shows at last go to standard output.
 */
const ADDRESSES = `name=$1; shift
addresses=$(getent ahosts "$name" | while read -r address _; do echo "$address"; done | sort -u)
[ -n "$addresses" ] || { echo "$name has no address here" >&2; exit 1; }
`
const SHOW = `echo $addresses; "$@" osd dump --format json`
const BAR = `${ADDRESSES}for address in $addresses; do "$@" osd blocklist add "$address" ${FOR_S} >&2 || exit; done
${SHOW}`
const LET_IN = `${ADDRESSES}for address in $addresses; do "$@" osd blocklist rm "$address" >&2 || exit; done
${SHOW}`

/**
 * Cuts an HWM off from Ceph, and reads back that it is. `address`: the one it reaches Ceph from. Gives the addresses. Throws `FenceFailed`
 * with Ceph's own words; the HWM may not be cut off then.
 */
export async function blockList(
  run: RunScript,
  access: CephAccess,
  address: string,
): Promise<readonly string[]> {
  const { addresses, listed } = await carryOut(run, access, address, BAR)
  const missing = addresses.find(each => !listed.has(each))
  if (missing !== undefined)
    throw new FenceFailed('ceph', `took ${missing} onto its block-list, but does not show it there`)
  return addresses
}

/** Lets an HWM in again. One that was not on the list is no failure. */
export async function unblock(run: RunScript, access: CephAccess, address: string): Promise<void> {
  const { addresses, listed } = await carryOut(run, access, address, LET_IN)
  const left = addresses.find(each => listed.has(each))
  if (left !== undefined) throw new FenceFailed('ceph', `still has ${left} on its block-list`)
}

async function carryOut(
  run: RunScript,
  { conf, user }: CephAccess,
  address: string,
  script: string,
): Promise<{ readonly addresses: readonly string[]; readonly listed: ReadonlySet<string> }> {
  const command = [
    'ceph',
    '--connect-timeout',
    String(CONNECT_S),
    ...(conf === undefined ? [] : ['--conf', conf]),
    ...(user === undefined ? [] : ['--id', user]),
  ]
  const { status, stdout, stderr } = await run(script, {
    args: [address, ...command],
    timeoutMs: CALL_MS,
  })
  if (status !== 0)
    throw new FenceFailed('ceph', stderr.trim().split('\n').at(-1) || `ended with status ${status}`)
  const end = stdout.indexOf('\n')
  const addresses = stdout.slice(0, end).split(' ')
  return { addresses, listed: listedIn(stdout.slice(end + 1)) }
}

/** Bare addresses on the list of an `osd dump`: `10.0.0.112:0/0`, and for IPv6 `[fd00::1]:0/0`. Until Ceph 16 it had another name. */
function listedIn(dump: string): ReadonlySet<string> {
  let parsed: unknown
  try {
    parsed = JSON.parse(dump)
  } catch (error) {
    throw new FenceFailed('ceph', "'osd dump' is not to be read", { cause: error })
  }
  const { blocklist, blacklist } = (parsed ?? {}) as Record<string, unknown>
  const bare = Object.keys(blocklist ?? blacklist ?? {}).flatMap(
    entry => /^\[?([^\]]+?)\]?:0\/0$/.exec(entry)?.[1] ?? [],
  )
  return new Set(bare)
}
