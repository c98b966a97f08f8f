// The lab's command, `npm run lab -- ...`; its usage is below.
import { spawnSync } from 'node:child_process'
import { monotonicMs } from '../../src/model/clock.ts'
import { LabError } from './errors.ts'
import type { LabHost } from './host.ts'
import { defaultLabName, Lab } from './index.ts'
import type { LinkFault } from './links.ts'
import { labStatus } from './status.ts'

const usage = `usage: npm run lab -- COMMAND [--name NAME] [--hosts FILE]

  up                       bring the lab up (as --hosts FILE says; an old one of this name is removed first)
  down                     end everything of it
  status                   hosts, guests, etcd
  kill HOST                cut its power
  start HOST               power it on again
  cut HOST                 pull its network cable
  join HOST                plug it in again
  link HOST FAULT...       make its cable a bad one: mute, deaf, loss=PERCENT, delay=MS; or a good one: good
  partition A,B C,D ...    split the network: members of a group hear only each other ('operator' may be one)
  heal                     make it whole again
  console [ARGS...]        yasco, where the operator sits
  shell PLACE [CMD...]     a shell, or a command, on a host, or with the operator: PLACE is a host's name or 'operator'

Several labs at once have different names (default '${defaultLabName}').`

/** The command line is wrong; the usage is printed with it. */
class WrongUse extends Error {}

/** Runs a program on this terminal, and gives its exit status. */
function onThisTerminal(lab: Lab, [program = '', ...args]: string[]): number {
  const env = { ...process.env, YASCO_CONFIG: lab.clusterFile }
  const ran = spawnSync(program, args, { stdio: 'inherit', env })
  if (ran.error) throw ran.error
  return ran.status ?? 1
}

async function timed(what: string, work: () => Promise<unknown>): Promise<number> {
  const began = monotonicMs()
  await work()
  console.log(`${what} (${((monotonicMs() - began) / 1000).toFixed(1)} s)`)
  return 0
}

function hostOf(lab: Lab, [name]: readonly string[]): LabHost {
  if (name === undefined) throw new WrongUse('which host?')
  return lab.host(name)
}

function linkFault(words: readonly string[]): LinkFault {
  const fault: { mute?: boolean; deaf?: boolean; lossPercent?: number; delayMs?: number } = {}
  for (const word of words) {
    const [what, amount] = word.split('=')
    if (word === 'mute' || word === 'deaf') fault[word] = true
    else if (what === 'loss' && Number(amount) > 0) fault.lossPercent = Number(amount)
    else if (what === 'delay' && Number(amount) > 0) fault.delayMs = Number(amount)
    else if (word !== 'good') throw new WrongUse(`no such fault of a cable: ${word}`)
  }
  return fault
}

/** What can be done with a lab that is up; each gives the exit status. */
const commands: Record<string, (lab: Lab, rest: readonly string[]) => Promise<number> | number> = {
  down: lab => timed('lab is down', () => lab.down()),
  status: async lab => {
    console.log(await labStatus(lab))
    return 0
  },
  kill: (lab, rest) => timed('power is cut', () => hostOf(lab, rest).kill()),
  start: (lab, rest) => timed('host is up', () => hostOf(lab, rest).start()),
  cut: (lab, rest) => timed('cable is cut', () => hostOf(lab, rest).cut()),
  join: (lab, rest) => timed('cable is joined', () => hostOf(lab, rest).join()),
  link: (lab, rest) =>
    timed('link is set', () => hostOf(lab, rest).setLink(linkFault(rest.slice(1)))),
  partition: (lab, rest) => {
    if (rest.length === 0) throw new WrongUse('partition: into which groups?')
    return timed('network is split', () => lab.partition(...rest.map(group => group.split(','))))
  },
  heal: lab => timed('network is whole', () => lab.partition()),
  console: (lab, rest) => {
    const yasco = new URL('../../bin/yasco', import.meta.url).pathname
    return onThisTerminal(lab, lab.operator.commandLine(yasco, ...rest))
  },
  shell: (lab, [place, ...command]) => {
    if (place === undefined) throw new WrongUse('shell: where?')
    const where = place === 'operator' ? lab.operator : lab.host(place)
    const what = command.length > 0 ? command : [process.env.SHELL ?? '/bin/sh']
    return onThisTerminal(lab, where.commandLine(...what))
  },
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
    await timed('lab is up', () => Lab.up(options))
    return (await commands.status?.(Lab.attach(options.name), [])) ?? 0
  }
  const act = commands[command]
  if (!act) throw new WrongUse(`no such command: ${command}`)
  return act(Lab.attach(options.name), rest)
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  if (error instanceof WrongUse) {
    console.error(`lab: ${error.message}\n${usage}`)
    process.exitCode = 2
  } else if (error instanceof LabError) {
    console.error(`lab: ${error.message}`)
    process.exitCode = error.exitStatus
  } else throw error
}
