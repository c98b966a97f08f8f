// What a call to libvirt costs over SSH, to a real OpenSSH server of a lab host, beside the same over that host's own socket.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Hypervisor } from '../../src/libvirt/hypervisor.ts'
import { openHypervisor } from '../../src/libvirt/open.ts'
import { SshConnections } from '../../src/libvirt/ssh/connections.ts'
import { evenLab } from '../lab/hosts.ts'
import { Lab } from '../lab/index.ts'
import type { Row } from './row.ts'

const CALLS = 300

/** Rows for the bench table. Throws where no lab can be brought up. */
export async function benchSsh(): Promise<Row[]> {
  if (process.getuid?.() !== 0) throw new Error('a lab needs root')
  const folder = mkdtempSync(join(tmpdir(), 'yasco-bench-ssh-'))
  try {
    await using lab = await Lab.up({ name: 'bench-ssh', hosts: evenLab(1, 2) })
    const host = lab.host('host1')
    const door = await lab.forward('host1', 22)
    const configFile = join(folder, 'ssh_config')
    writeFileSync(
      configFile,
      `Host host1
  HostName ${door.host}
  Port ${door.port}
  HostKeyAlias host1
  User root
  IdentityFile ${lab.layout.ssh.key}
  IdentityAgent none
  UserKnownHostsFile ${lab.layout.ssh.knownHosts}
  GlobalKnownHostsFile none
`,
    )
    await using ssh = new SshConnections({ configFile })
    const options = { readOnly: true, ssh }
    const connectMs = await timed(async () => {
      await using hypervisor = await openHypervisor('qemu+ssh://host1/system', options)
      await hypervisor.domains()
    })
    await using far = await openHypervisor('qemu+ssh://host1/system', options)
    const uri = `qemu+unix:///system?socket=${host.libvirtSocketReadOnly}`
    await using near = await openHypervisor(uri, options)
    const [farMs, nearMs] = [await perCall(far), await perCall(near)]
    door.close()
    return [
      {
        what: `libvirt over SSH: a list of 2 domains, mean of ${CALLS} one after another`,
        budget: undefined,
        figure: farMs,
        unit: 'ms',
        ok: true,
        peer: `over the host's own socket ${nearMs.toFixed(2)} ms`,
      },
      {
        what: 'libvirt over SSH: logged in, opened and listed',
        budget: undefined,
        figure: connectMs,
        unit: 'ms',
        ok: true,
      },
    ]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function perCall(hypervisor: Hypervisor): Promise<number> {
  await hypervisor.domains()
  const all = await timed(async () => {
    for (let call = 0; call < CALLS; call++) await hypervisor.domains()
  })
  return all / CALLS
}

async function timed(run: () => Promise<void>): Promise<number> {
  const began = performance.now()
  await run()
  return performance.now() - began
}
