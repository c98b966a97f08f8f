// The lab's command: npm run lab -- up | down | kill HOST | start HOST | cut HOST | join HOST | status | console | shell PLACE ...
import { spawnSync } from 'node:child_process'
import { monotonicMs } from '../../src/model/clock.ts'
import { BadLabSpec } from './hosts.ts'
import { defaultLabName, Lab } from './index.ts'
import { labStatus } from './status.ts'
import { LabUnavailable } from './setup.ts'

const usage = `usage: npm run lab -- COMMAND [--name NAME] [--hosts FILE]

  up                  bring the lab up (as --hosts FILE says; an old one of this name is removed first)
  down                end everything of it
  status              hosts, guests, etcd
  kill HOST           cut its power
  start HOST          power it on again
  cut HOST            pull its network cable
  join HOST           plug it in again
  console [ARGS...]   yasco, where the operator sits
  shell PLACE [CMD]   a shell, or a command, on a host, or with the operator: PLACE is a host's name or 'operator'

Several labs at once have different names (default '${defaultLabName}').`

/** The command line is wrong; the usage is printed with it. */
class WrongUse extends Error {}

/** Runs a program on this terminal, and gives its exit status. */
function onThisTerminal([program = '', ...args]: string[], env: NodeJS.ProcessEnv = {}): number {
  const ran = spawnSync(program, args, { stdio: 'inherit', env: { ...process.env, ...env } })
  if (ran.error) throw ran.error
  return ran.status ?? 1
}

async function timed(what: string, work: Promise<unknown>): Promise<void> {
  const began = monotonicMs()
  await work
  console.log(`${what} (${((monotonicMs() - began) / 1000).toFixed(1)} s)`)
}

function shell(lab: Lab, place: string | undefined, command: string[]): number {
  if (place === undefined) throw new WrongUse('shell: where?')
  const where = place === 'operator' ? lab.operator : lab.host(place)
  const what = command.length > 0 ? command : [process.env.SHELL ?? '/bin/sh']
  return onThisTerminal(where.commandLine(...what), { YASCO_CONFIG: lab.clusterFile })
}

interface CommandLine {
  readonly command: string
  /** What follows the command; for `shell` and `console`, also what is not the lab's. */
  readonly rest: readonly string[]
  readonly name?: string
  readonly hosts?: string
}

/** Options are the lab's wherever they stand, but behind `shell PLACE` and behind `--`. */
function parse(argv: readonly string[]): CommandLine {
  const words: string[] = []
  const options: { name?: string; hosts?: string } = {}
  const left = [...argv]
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    if (word === '--' || (words[0] === 'shell' && words.length === 2)) {
      words.push(...(word === '--' ? [] : [word]), ...left)
      break
    }
    if (word === '--name' || word === '--hosts') {
      const value = left.shift()
      if (value === undefined) throw new WrongUse(`${word}: a value is missing`)
      options[word === '--name' ? 'name' : 'hosts'] = value
    } else if (word === '--help' || word === '-h') words.unshift('help')
    else if (word.startsWith('-') && words[0] !== 'console') {
      throw new WrongUse(`unknown option ${word}`)
    } else words.push(word)
  }
  const [command, ...rest] = words
  if (command === undefined) throw new WrongUse('what to do?')
  return { command, rest, ...options }
}

async function main(argv: readonly string[]): Promise<number> {
  const { command, rest, ...options } = parse(argv)
  if (command === 'help') {
    console.log(usage)
    return 0
  }
  if (command === 'up') {
    const up = Lab.up(options)
    await timed('lab is up', up)
    console.log(await labStatus(await up))
    return 0
  }
  const lab = Lab.attach(options.name)
  const host = () => {
    const [name] = rest
    if (name === undefined) throw new WrongUse(`${command}: which host?`)
    return lab.host(name)
  }
  switch (command) {
    case 'down':
      await timed('lab is down', lab.down())
      return 0
    case 'status':
      console.log(await labStatus(lab))
      return 0
    case 'kill':
      await timed(`${host().name} has no power`, host().kill())
      return 0
    case 'start':
      await timed(`${host().name} is up`, host().start())
      return 0
    case 'cut':
      await host().cut()
      return 0
    case 'join':
      await host().join()
      return 0
    case 'console': {
      const yasco = new URL('../../bin/yasco', import.meta.url).pathname
      return onThisTerminal(lab.operator.commandLine(yasco, ...rest), {
        YASCO_CONFIG: lab.clusterFile,
      })
    }
    case 'shell':
      return shell(lab, rest[0], rest.slice(1))
    default:
      throw new WrongUse(`no such command: ${command}`)
  }
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  if (error instanceof WrongUse) {
    console.error(`lab: ${error.message}\n${usage}`)
    process.exitCode = 2
  } else if (error instanceof LabUnavailable || error instanceof BadLabSpec) {
    console.error(`lab: ${error.message}`)
    process.exitCode = error instanceof LabUnavailable ? error.exitStatus : 2
  } else throw error
}
