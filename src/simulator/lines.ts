// What one can do to a made-up cluster, as lines of text: the console's `:kill quark`, and the actions of stories.
import type { GuestSpec, SimulatedHost } from './host.ts'
import type { Simulation } from './simulation.ts'

/** A line that means nothing here; the message is for people. */
export class BadLine extends Error {
  override readonly name = 'BadLine'
}

interface Verb {
  readonly usage: string
  readonly does: string
  /** Says in a sentence what was done. */
  readonly act: (simulation: Simulation, words: readonly string[]) => string
}

const VERBS: readonly Verb[] = [
  onHost('kill', 'takes its power away', (simulation, host) => {
    simulation.kill(host)
    return `${host.name} has no power`
  }),
  onHost('rescue', 'gives its power back: it answers 4 s later', (simulation, host) => {
    simulation.rescue(host)
    return `${host.name} boots`
  }),
  onHost('cut', 'cuts its cable', (_, host) => {
    host.cutCable(true)
    return `${host.name} is cut off, its VMs run on`
  }),
  onHost('join', 'mends its cable', (_, host) => {
    host.cutCable(false)
    return `${host.name} is joined again`
  }),
  {
    usage: 'libvirtd HWM hang|stop|start',
    does: 'its libvirtd hangs, stops, or answers again',
    act: (simulation, [name, what]) => {
      const host = hostOf(simulation, name)
      const states = { hang: 'hangs', stop: 'stopped', start: 'answers' } as const
      if (what !== 'hang' && what !== 'stop' && what !== 'start')
        throw new BadLine(`expected hang, stop or start, not '${what ?? ''}'`)
      host.setLibvirtd(states[what])
      return `libvirtd on ${host.name}: ${what}`
    },
  },
  {
    usage: 'key HWM changed|known',
    does: 'it shows another host key from now on, or the known one',
    act: (simulation, [name, what]) => {
      const host = hostOf(simulation, name)
      if (what !== 'changed' && what !== 'known')
        throw new BadLine(`expected changed or known, not '${what ?? ''}'`)
      host.keyIsKnown = what === 'known'
      return `the host key of ${host.name} is ${what}`
    },
  },
  {
    usage: 'start VM [HWM]',
    does: 'starts it there, or at its home',
    act: (simulation, [name, on]) => {
      const guest = guestOf(simulation, name)
      const home = simulation.cluster.guests.find(({ guest: other }) => other === guest)?.on
      const host = hostOf(simulation, on ?? home)
      if (!host.hasPower) throw new BadLine(`${host.name} has no power`)
      simulation.start(guest, host)
      return `${guest.name} starts on ${host.name}`
    },
  },
  onGuest('stop', 'it shuts down', (host, guest) => host.stop(guest.name, 'shutdown')),
  onGuest('crash', 'it crashes', (host, guest) => host.stop(guest.name, 'crashed')),
  onGuest('pause', 'its CPUs stand still', (host, guest) => host.suspend(guest.name, 'paused')),
  {
    usage: 'resume VM',
    does: 'its CPUs go on',
    act: (simulation, [name]) => {
      const guest = guestOf(simulation, name)
      for (const host of simulation.hosts.values()) host.resume(guest.name, 'unpaused')
      return `${guest.name}: resumed`
    },
  },
  {
    usage: 'migrate VM HWM',
    does: 'moves it there while it runs',
    act: (simulation, [name, target]) => {
      const guest = guestOf(simulation, name)
      const to = hostOf(simulation, target)
      const from = runningHost(simulation, guest)
      if (from === to) throw new BadLine(`${guest.name} is on ${to.name}`)
      if (!to.hasPower) throw new BadLine(`${to.name} has no power`)
      void simulation.migrate(guest, from, to)
      return `${guest.name} moves from ${from.name} to ${to.name}`
    },
  },
  {
    usage: 'etcd lose 1|2|3',
    does: 'so many of its members are down',
    act: (simulation, words) => {
      const { endpoints } = simulation.cluster.config.etcd
      const [what, count] = words
      if (what === 'return') {
        simulation.etcd.setDown([])
        return 'etcd is whole again'
      }
      const lost = Number(count)
      if (what !== 'lose' || !Number.isInteger(lost) || lost < 1 || lost > endpoints.length)
        throw new BadLine(`expected: etcd lose 1..${endpoints.length}, or: etcd return`)
      simulation.etcd.setDown(endpoints.slice(0, lost))
      return `${lost} of ${endpoints.length} members of etcd are down`
    },
  },
  { usage: 'etcd return', does: 'all of its members are back', act: () => '' },
]

/** Does what a line says and returns a sentence about it. Throws `BadLine`. `help` tells what there is. */
export function actOn(simulation: Simulation, line: string): string {
  const [verb = '', ...words] = line.trim().split(/\s+/)
  if (verb === 'help') return VERBS.map(({ usage, does }) => `${usage}: ${does}`).join('\n')
  const found = VERBS.find(({ usage }) => usage.split(' ', 1)[0] === verb)
  if (found) return found.act(simulation, words)
  const verbs = [...new Set(VERBS.map(({ usage }) => usage.split(' ', 1)[0]))].join(', ')
  throw new BadLine(`the simulator does not know '${verb}'; it knows ${verbs}`)
}

function onHost(
  verb: string,
  does: string,
  act: (simulation: Simulation, host: SimulatedHost) => string,
): Verb {
  return {
    usage: `${verb} HWM`,
    does,
    act: (simulation, [name]) => act(simulation, hostOf(simulation, name)),
  }
}

function onGuest(
  verb: string,
  does: string,
  act: (host: SimulatedHost, guest: GuestSpec) => void,
): Verb {
  return {
    usage: `${verb} VM`,
    does,
    act: (simulation, [name]) => {
      const guest = guestOf(simulation, name)
      act(runningHost(simulation, guest), guest)
      return `${guest.name}: ${does}`
    },
  }
}

function hostOf(simulation: Simulation, name: string | undefined): SimulatedHost {
  const host = simulation.hosts.get(name ?? '')
  if (!host) throw new BadLine(`no HWM is named '${name ?? ''}'`)
  return host
}

function guestOf(simulation: Simulation, name: string | undefined): GuestSpec {
  const guest = simulation.guests.get(name ?? '')
  if (!guest) throw new BadLine(`no VM is named '${name ?? ''}'`)
  return guest
}

function runningHost(simulation: Simulation, guest: GuestSpec): SimulatedHost {
  const [on] = simulation.runsOn(guest.name)
  if (on === undefined) throw new BadLine(`${guest.name} does not run`)
  return hostOf(simulation, on)
}
