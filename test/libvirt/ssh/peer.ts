// An SSH server on loopback that does as it is told: the far end of the unit tests. Real OpenSSH is in the lab tests.
import { createHmac } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ssh2 from 'ssh2'
import type { Connection, ParsedKey, ServerChannel } from 'ssh2'

export interface KeyPair {
  readonly private: string
  readonly public: string
}

export function newKey(type: 'ed25519' | 'rsa' = 'ed25519', passphrase?: string): KeyPair {
  const comment = 'made-for-a-test'
  const lock = passphrase === undefined ? {} : { passphrase, cipher: 'aes256-cbc', rounds: 4 }
  if (type === 'rsa') return ssh2.utils.generateKeyPairSync('rsa', { bits: 2048, comment, ...lock })
  // One in 250 of ssh2's new Ed25519 keys is malformed (9 of 2000): ask again.
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519', { comment, ...lock })
    if (!(ssh2.utils.parseKey(pair.public) instanceof Error)) return pair
  }
}

export function parsed(key: string): ParsedKey {
  const result = ssh2.utils.parseKey(key)
  if (result instanceof Error) throw result
  return result
}

/** A known_hosts line. */
export function knownHostsLine(hosts: string, publicKey: string): string {
  return `${hosts} ${publicKey.split(' ').slice(0, 2).join(' ')}\n`
}

export function hashedName(name: string): string {
  const salt = Buffer.from('0123456789abcdef0123')
  const hash = createHmac('sha1', salt).update(name).digest('base64')
  return `|1|${salt.toString('base64')}|${hash}`
}

type Handler = (channel: ServerChannel) => void

export class SshPeer implements AsyncDisposable {
  readonly hostKey: KeyPair
  /** Public keys that are let in. */
  readonly allowed: KeyPair[] = []
  /** What listens on which socket; other paths are refused as OpenSSH does. */
  readonly sockets = new Map<string, Handler>()
  /** Answers commands; absent: commands are refused. */
  onCommand: ((command: string, channel: ServerChannel) => void) | undefined
  /** Whether direct TCP is forwarded. */
  forwardsTcp = true
  forwardsSockets = true
  /** Connections that are open now, and how many there ever were. */
  readonly open = new Set<Socket>()
  accepted = 0
  /** Public key blobs offered so far, base64; twice where one was taken and then signed. */
  readonly offered: string[] = []
  /** Hashes that RSA keys signed with. */
  readonly hashes: string[] = []
  lastPort = 0
  readonly #ssh: InstanceType<typeof ssh2.Server>
  readonly #server = createServer(socket => {
    this.accepted += 1
    this.open.add(socket.setNoDelay(true))
    socket.on('close', () => this.open.delete(socket))
    this.#ssh.injectSocket(socket)
  })

  constructor(hostKeys: readonly KeyPair[] = [newKey()]) {
    this.hostKey = hostKeys[0] ?? newKey()
    this.#ssh = new ssh2.Server({ hostKeys: hostKeys.map(it => it.private) }, client => {
      client.on('error', () => undefined)
      client.on('authentication', context => {
        if (context.method !== 'publickey') return context.reject(['publickey'])
        this.offered.push(context.key.data.toString('base64'))
        if (context.hashAlgo !== undefined) this.hashes.push(context.hashAlgo)
        const key = this.allowed
          .map(it => parsed(it.public))
          .find(it => it.getPublicSSH().equals(context.key.data))
        const signed =
          context.signature === undefined ||
          (context.blob !== undefined &&
            key?.verify(context.blob, context.signature, context.hashAlgo) === true)
        return key !== undefined && signed ? context.accept() : context.reject(['publickey'])
      })
      client.on('ready', () => this.#serve(client))
    })
  }

  #serve(client: Connection): void {
    if (this.forwardsSockets)
      client.on('openssh.streamlocal', (accept, reject, { socketPath }) => {
        const handler = this.sockets.get(socketPath)
        if (handler) handler(accept())
        else reject()
      })
    if (this.forwardsTcp)
      client.on('tcpip', (accept, reject, { destIP, destPort }) => {
        const onward = connect(destPort, destIP)
        onward.once('error', () => reject())
        onward.once('connect', () => {
          const channel = accept()
          channel.on('error', () => onward.destroy())
          onward.on('error', () => channel.end())
          channel.pipe(onward).pipe(channel)
          client.once('close', () => onward.destroy())
        })
      })
    client.on('session', (accept, reject) => {
      const command = this.onCommand
      if (!command) return reject()
      const session = accept()
      session.on('exec', (acceptExec, _reject, info) => command(info.command, acceptExec()))
    })
  }

  async listen(port = 0): Promise<this> {
    await new Promise<void>(resolve => this.#server.listen(port, '127.0.0.1', resolve))
    this.lastPort = this.port
    return this
  }

  get port(): number {
    return addressOf(this.#server).port
  }

  /** Ends all connections as a crash does. */
  drop(): void {
    for (const socket of this.open) socket.resetAndDestroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.open) socket.destroy()
    await new Promise(resolve => this.#server.close(resolve))
  }
}

function addressOf(server: { address(): unknown }): AddressInfo {
  const address = server.address()
  if (typeof address !== 'object' || address === null || !('port' in address))
    throw new Error('the test server does not listen')
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a TCP server's address
  return address as AddressInfo
}

/** A listener that accepts and then does what `onConnection` does: nothing, when left out. */
export async function dumbListener(
  onConnection?: (socket: Socket) => void,
): Promise<{ port: number } & AsyncDisposable> {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    onConnection?.(socket)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    port: addressOf(server).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

/** An ssh-agent on a socket of its own. */
export async function agentWith(
  folder: string,
  keys: readonly KeyPair[],
): Promise<{ path: string } & AsyncDisposable> {
  const path = join(folder, `agent-${keys.length}.sock`)
  const server = createServer(socket => {
    const protocol = new ssh2.AgentProtocol(false)
    socket.on('error', () => undefined)
    protocol.on('identities', request =>
      protocol.getIdentitiesReply(
        request,
        keys.map(it => parsed(it.public)),
      ),
    )
    protocol.on('sign', (request, publicKey, data, options) => {
      // The typings allow raw keys too; the protocol gives parsed ones.
      if (typeof publicKey !== 'object' || !('getPublicSSH' in publicKey))
        return protocol.failureReply(request)
      const key = keys
        .map(it => parsed(it.private))
        .find(it => it.getPublicSSH().equals(publicKey.getPublicSSH()))
      return key
        ? protocol.signReply(request, key.sign(data, options.hash))
        : protocol.failureReply(request)
    })
    socket.pipe(protocol).pipe(socket)
  })
  await new Promise<void>(resolve => server.listen(path, resolve))
  return {
    path,
    async [Symbol.asyncDispose]() {
      await new Promise(resolve => server.close(resolve))
    },
  }
}

/** A folder with what a user has: key files, known_hosts, and an `ssh` that answers -G from files, so that no real ssh is needed. */
export class UserFolder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'yasco-ssh-'))
  readonly program = this.write(
    'ssh',
    `#!/bin/sh
printf '%s\\n' "$*" >> "$(dirname "$0")/asked"
for host; do :; done
cat "$(dirname "$0")/settings-$host" 2>/dev/null || { echo "no settings for $host" >&2; exit 255; }
`,
    0o755,
  )
  readonly source = { program: this.program, environment: { PATH: process.env['PATH'] } }

  write(name: string, text: string, mode = 0o600): string {
    const path = join(this.path, name)
    writeFileSync(path, text, { mode })
    return path
  }

  /** What `ssh -G host` will say. */
  settings(host: string, lines: Readonly<Record<string, string>>): void {
    const all = {
      hostname: '127.0.0.1',
      user: 'tester',
      identityagent: 'none',
      userknownhostsfile: join(this.path, 'known_hosts'),
      globalknownhostsfile: 'none',
      ...lines,
    }
    this.write(
      `settings-${host}`,
      Object.entries(all)
        .map(([keyword, value]) => `${keyword} ${value}\n`)
        .join(''),
    )
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}
