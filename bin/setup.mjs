// Makes a checkout ready: installs what package-lock.json names, when it is not there or is out of date, and with
// --build bundles the program. Runs on the Node 20 a bare machine has; everything after it runs on Node 24.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const stamp = join(root, 'node_modules', '.yasco-lock')

/** Identifies what must be installed: the lock file and the machine it is for. */
function wanted() {
  const lock = readFileSync(join(root, 'package-lock.json'))
  return createHash('sha256')
    .update(lock)
    .update(`${process.platform} ${process.arch}`)
    .digest('hex')
}

function run(command, args) {
  const done = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] })
  if (done.status !== 0) {
    console.error(
      `yasco: '${command} ${args.join(' ')}' failed${done.error ? `: ${done.error.message}` : ''}`,
    )
    process.exit(done.status ?? 1)
  }
}

function installed() {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted()
}

if (!installed()) {
  console.error('yasco: installing packages (npm ci) ...')
  // npm itself runs on the machine's Node, older than some packages ask for; they never run on that one.
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'])
  writeFileSync(stamp, wanted())
}
if (process.argv.includes('--build')) run(process.execPath, [join(root, 'bin', 'build.mjs')])
