import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const MAIN = new URL('../../src/cli/main.ts', import.meta.url).pathname

function shell(line: string): {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
} {
  const script = `yasco() { '${process.execPath}' '${MAIN}' "$@"; }; ${line}`
  return spawnSync('bash', ['-c', script], { encoding: 'utf8', maxBuffer: 2 ** 26 })
}

test('the program itself: output, status, standard error', () => {
  expect(shell('yasco --version')).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^yasco \d/),
    stderr: '',
  })
  expect(shell('yasco nonsense')).toMatchObject({
    status: 2,
    stdout: '',
    stderr: expect.stringContaining("no command 'nonsense'"),
  })
})

test('a reader that goes away is no failure', () => {
  const { status, stderr } = shell('yasco completion fish | true; exit ${PIPESTATUS[0]}')
  expect([status, stderr]).toEqual([0, ''])
})

test('without a terminal the console says what to use instead', () => {
  expect(shell('yasco </dev/null | cat; exit ${PIPESTATUS[0]}')).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('yasco status'),
  })
})

test('what is larger than a pipe holds comes out whole, however slowly it is read', () => {
  const folder = mkdtempSync(join(tmpdir(), 'yasco-main-'))
  const hwms = Array.from({ length: 90 }, (_, h) => `h${h}`)
  const file = join(folder, 'cluster.yaml')
  // YAML reads JSON.
  const cluster = {
    apiVersion: 'yasco/v1',
    cluster: 'many',
    etcd: { endpoints: ['http://10.0.0.1:2379'] },
    tolerate: 2,
    domains: '/srv/domains',
    hwms: Object.fromEntries(
      hwms.map(name => [
        name,
        { libvirt: `qemu+ssh://root@${name}/system`, capacity: { ram: '8GiB' } },
      ]),
    ),
    vms: Object.fromEntries(hwms.map((home, h) => [`v${h}`, { ha: true, home, ram: '2GiB' }])),
  }
  writeFileSync(file, JSON.stringify(cluster))
  try {
    const plan = `yasco plan -f ${file} --keep-map --json`
    const { status, stdout } = shell(`${plan} | { read -r -N 1 first; printf %s "$first"; cat; }`)
    expect(status).toBe(0)
    expect(stdout.length).toBeGreaterThan(2 ** 18)
    expect(JSON.parse(stdout)).toMatchObject({ kind: 'PlacementPlan', fallbackInAll: 4095 })
    expect(shell(`${plan} | true; exit \${PIPESTATUS[0]}`)).toMatchObject({ status: 0, stderr: '' })
  } finally {
    rmSync(folder, { recursive: true })
  }
})
