/**
 * Installs the Debian packages of packages.txt that are missing, with their services kept from starting. As root, once;
 * a machine that has them all is only asked (tens of milliseconds). Runs by itself too: `node test/lab/setup.ts`.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { LabUnavailable } from './errors.ts'

const policyFile = '/usr/sbin/policy-rc.d'
const aptLists = '/var/lib/apt/lists'
/** Long enough for 250 MB over a slow line; a hung mirror must not hang a build for ever. */
const aptTimeLimitMs = 15 * 60_000

/** Names in packages.txt, without its comments. */
export function neededPackages(): string[] {
  return readFileSync(new URL('packages.txt', import.meta.url), 'utf8')
    .split('\n')
    .map(line => line.replace(/#.*/, '').trim())
    .filter(line => line !== '')
}

/** Those of `wanted` that dpkg does not call installed. */
export function missingPackages(wanted: readonly string[]): string[] {
  const asked = spawnSync(
    'dpkg-query',
    ['-W', '-f', '${Package} ${db:Status-Status}\n', ...wanted],
    {
      encoding: 'utf8',
    },
  )
  if (asked.error) {
    throw new LabUnavailable(
      `The lab needs Debian (dpkg-query does not run here: ${asked.error.message}).`,
    )
  }
  const installed = new Set(
    asked.stdout
      .split('\n')
      .filter(line => line.endsWith(' installed'))
      .map(line => line.split(' ')[0]),
  )
  return wanted.filter(name => !installed.has(name))
}

function apt(args: string[]): void {
  const ran = spawnSync('apt-get', ['-q', ...args], {
    stdio: ['ignore', 2, 2],
    timeout: aptTimeLimitMs,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' },
  })
  if (ran.status !== 0) {
    throw new LabUnavailable(
      `'apt-get ${args.join(' ')}' failed (${ran.error?.message ?? `exit status ${ran.status}`}); see its output above.`,
    )
  }
}

/** Runs `install` while policy-rc.d forbids services to start; one that is there already stays as it is. */
function withServicesKeptDown(install: () => void): void {
  if (existsSync(policyFile)) {
    install()
    return
  }
  writeFileSync(policyFile, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    install()
  } finally {
    rmSync(policyFile, { force: true })
  }
}

/** Throws `LabUnavailable` with a sentence for people when this process cannot carry a lab. */
export function requireRoot(): void {
  if (process.getuid?.() !== 0) {
    throw new LabUnavailable(
      'The lab makes network namespaces and mounts: it must be run by root (try: sudo npm run lab -- up).',
    )
  }
}

/** Makes this machine able to carry a lab. Returns the packages it installed; none when all were there. */
export function setUp(): string[] {
  requireRoot()
  const missing = missingPackages(neededPackages())
  if (missing.length === 0) return []
  console.error(`lab: installing Debian packages: ${missing.join(' ')}`)
  const haveLists =
    existsSync(aptLists) && readdirSync(aptLists).some(name => name.endsWith('InRelease'))
  if (!haveLists) apt(['update'])
  withServicesKeptDown(() =>
    apt([
      'install',
      '-y',
      '--no-install-recommends',
      '-o',
      'Dpkg::Use-Pty=0',
      '-o',
      'DPkg::Lock::Timeout=600',
      ...missing,
    ]),
  )
  const still = missingPackages(missing)
  if (still.length > 0) throw new LabUnavailable(`apt-get did not install: ${still.join(' ')}`)
  return missing
}

if (import.meta.main) {
  try {
    setUp()
  } catch (error) {
    if (!(error instanceof LabUnavailable)) throw error
    console.error(`lab: ${error.message}`)
    process.exitCode = error.exitStatus
  }
}
