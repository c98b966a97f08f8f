// A libvirtd of a test's own: private folders and sockets in a mount and PID namespace, gone with everything it started when stopped.
import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Libvirtd extends AsyncDisposable {
  readonly folder: string
  readonly socket: string
  readonly readOnlySocket: string
  /** e.g. `uri('test:///default')`. */
  uri(name: string, socket?: 'read-only'): string
  /** `virsh` against this server, as an answer to compare with. */
  virsh(name: string, ...args: readonly string[]): string
  readonly process: ChildProcess
  log(): Promise<string>
}

/** First process of the namespace: it makes the folders private, starts libvirtd, and reaps, or libvirt would wait 40 s for each dead QEMU. */
const INIT = `
set -e
mount -t proc proc /proc
for d in lib cache log; do mkdir -p "$1/$d"; mount --bind "$1/$d" /var/$d/libvirt; done
mkdir -p "$1/etc"; mount --bind "$1/etc" /etc/libvirt
mount -t tmpfs none /run
libvirtd $2 -f "$1/libvirtd.conf" -p /run/libvirtd.pid 2>"$1/stderr" &
while :; do sleep 0.2 & wait $!; done
`

/** Ports of QEMU's migrations: each server has its own, as all share the loopback. */
let nextPort = 49_152 + (process.pid % 40) * 100

/** Listens on 127.0.0.1 for TLS, with these files. */
interface TlsSettings {
  readonly port: number
  readonly ca: string
  readonly cert: string
  readonly key: string
}

export async function startLibvirtd(tls?: TlsSettings): Promise<Libvirtd> {
  const folder = await mkdtemp(join(tmpdir(), 'yasco-libvirtd-'))
  const sockets = join(folder, 'sock')
  const etc = join(folder, 'etc')
  await mkdir(sockets)
  await mkdir(etc)
  const port = nextPort
  nextPort += 20
  await writeFile(
    join(folder, 'libvirtd.conf'),
    [
      `unix_sock_dir = "${sockets}"`,
      'auth_unix_rw = "none"',
      'auth_unix_ro = "none"',
      `host_uuid = "${randomUUID()}"`,
      `log_outputs = "3:file:${folder}/libvirtd.log"`,
      ...(tls === undefined
        ? []
        : [
            'listen_tls = 1',
            'listen_tcp = 0',
            'listen_addr = "127.0.0.1"',
            `tls_port = "${tls.port}"`,
            `ca_file = "${tls.ca}"`,
            `cert_file = "${tls.cert}"`,
            `key_file = "${tls.key}"`,
            'auth_tls = "none"',
          ]),
    ].join('\n'),
  )
  await writeFile(
    join(etc, 'qemu.conf'),
    [
      'user = "root"',
      'group = "root"',
      'security_driver = "none"',
      'namespaces = []',
      'cgroup_controllers = []',
      'remember_owner = 0',
      'stdio_handler = "file"',
      `migration_port_min = ${port}`,
      `migration_port_max = ${port + 19}`,
    ].join('\n'),
  )
  const child = spawn(
    'unshare',
    [
      '-m',
      '-p',
      '-f',
      '--kill-child',
      'sh',
      '-c',
      INIT,
      'init',
      folder,
      ...(tls === undefined ? [] : ['--listen']),
    ],
    { stdio: 'ignore' },
  )
  const socket = join(sockets, 'libvirt-sock')
  const readOnlySocket = `${socket}-ro`
  const stop = async (): Promise<void> => {
    const ended = new Promise(resolve => child.once('exit', resolve))
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL')
      await ended
    }
    await rm(folder, { recursive: true, force: true })
  }
  const server: Libvirtd = {
    folder,
    socket,
    readOnlySocket,
    process: child,
    uri: (name, which) => {
      const [scheme, path] = name.split('://')
      return `${scheme}+unix://${path}?socket=${which === 'read-only' ? readOnlySocket : socket}`
    },
    virsh: (name, ...args) =>
      execFileSync('virsh', ['-q', '-c', server.uri(name), ...args], { encoding: 'utf8' }),
    log: () => readFile(join(folder, 'libvirtd.log'), 'utf8'),
    [Symbol.asyncDispose]: stop,
  }
  try {
    await until(
      () => existsSync(socket) && existsSync(readOnlySocket),
      20_000,
      async () => {
        const stderr = await readFile(join(folder, 'stderr'), 'utf8').catch(() => '')
        return `libvirtd does not come up: ${stderr}`
      },
    )
  } catch (error) {
    await stop()
    throw error
  }
  return server
}

/** Waits for a condition, asking often; fails with `why` after `ms`. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  ms = 10_000,
  why: () => string | Promise<string> = () => condition.toString(),
): Promise<void> {
  const end = performance.now() + ms
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`not within ${ms} ms: ${await why()}`)
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}
