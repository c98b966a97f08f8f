// Everything that must be green: format, types, lint with the import rule, unit tests, and the lab tests on real parts.
// The lab needs root (it makes network namespaces and installs Debian's packages). Without root its tests are named as NOT RUN
// and the rest decides; with YASCO_LAB=required (as .ci/run sets it) a lab that cannot run is a failure.
import { spawnSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), 'yasco-test-'))
const labRequired = process.env.YASCO_LAB === 'required'
const isRoot = process.getuid?.() === 0

/** What the table at the end shows: [name, verdict, seconds]. */
const table = []
let passed = 0
let failed = 0

function step(name, command, args, env = {}) {
  console.log(`\n== ${name}: ${command} ${args.join(' ')}`)
  const began = performance.now()
  const done = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...env },
  })
  const ok = done.status === 0
  const seconds = (performance.now() - began) / 1000
  table.push([name, ok ? 'ok' : 'FAILED', seconds])
  if (done.error) console.error(`${command}: ${done.error.message}`)
  return ok
}

/** A check counts as one test; a vitest run as its own tests, and as one more failure if it failed without naming any. */
function check(name, command, args) {
  if (step(name, command, args)) passed += 1
  else failed += 1
}

function suite(name, project) {
  const report = join(scratch, `${project}.json`)
  const ok = step(name, 'vitest', [
    'run',
    '--config=test/vitest.config.ts',
    `--project=${project}`,
    '--reporter=dot',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ])
  let counts = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0 }
  try {
    counts = JSON.parse(readFileSync(report, 'utf8'))
  } catch (error) {
    console.error(`${name}: no report was written (${error.message})`)
  }
  passed += counts.numPassedTests
  failed += counts.numFailedTests
  printSlowest(counts.testResults ?? [])
  const verdict = table.at(-1)
  verdict[1] += `, ${counts.numPassedTests} passed, ${counts.numFailedTests} failed`
  if (
    counts.numPassedTests === 0 ||
    counts.numPendingTests > 0 ||
    (!ok && counts.numFailedTests === 0)
  ) {
    failed += 1
    verdict[1] +=
      counts.numPendingTests > 0
        ? `, ${counts.numPendingTests} SKIPPED (counted as a failure)`
        : ', RUN BROKEN'
  }
}

/** Where a suite's time went: its slowest files. */
function printSlowest(files) {
  const timed = files
    .map(({ name, startTime, endTime }) => ({ name, seconds: (endTime - startTime) / 1000 }))
    .sort((a, b) => b.seconds - a.seconds)
  for (const { name, seconds } of timed.slice(0, 12))
    console.log(`${seconds.toFixed(1).padStart(8)} s  ${relative(root, name)}`)
}

check('lock file', process.execPath, ['bin/complete-lock.mjs', '--check'])
check('format', 'biome', ['format', '.'])
check('types', 'tsc', ['--noEmit'])
check('lint and import rule', 'oxlint', ['--type-aware', '--deny-warnings'])
suite('unit, property and console tests', 'unit')

const notRun = []
if (isRoot && step('lab set-up', process.execPath, ['test/lab/setup.ts'])) {
  suite('lab tests (real etcd, libvirtd, QEMU, sshd)', 'lab')
} else {
  const why = isRoot
    ? "the lab's packages could not be set up"
    : 'they need root: network namespaces and Debian packages'
  notRun.push(...globSync('test/**/*.lab.test.ts', { cwd: root }).sort())
  if (labRequired || isRoot) failed += 1
  console.log(`\n${'#'.repeat(100)}\n##  LAB TESTS NOT RUN (${why}):`)
  for (const file of notRun) console.log(`##    NOT RUN  ${file}`)
  console.log(
    `##  Nothing above says anything about real hosts. Run 'sudo npm test' for these.\n${'#'.repeat(100)}`,
  )
}
rmSync(scratch, { recursive: true, force: true })

console.log('')
for (const [name, verdict, seconds] of table) {
  console.log(`${name.padEnd(48)} ${verdict}  (${seconds.toFixed(1)} s)`)
}
if (notRun.length > 0) console.log(`${'lab tests'.padEnd(48)} NOT RUN: ${notRun.length} files`)
console.log(`\n${passed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)
