// What HWMs, VMs and events can be filtered by.
import type { FailureSet } from '../model/preview.ts'
import { targetOf, type Operation } from '../model/operation.ts'
import type { ClusterEvent, HwmView, VmView } from '../model/snapshot.ts'
import type { FilterLanguage } from './filter.ts'
import type { Picture } from './picture.ts'
import { hwmMood } from './states.ts'
import { hwmWord, KIND_WORDS, vmStateWord } from './states.ts'
import { UNICODE } from './glyphs.ts'

export function vmLanguage(): FilterLanguage<VmView> {
  return {
    text: vm => `${vm.name} ${vm.where ?? ''}`,
    fields: {
      name: { type: 'text', help: 'its name', read: vm => vm.name },
      hwm: { type: 'text', help: 'where it runs', read: vm => vm.where },
      home: { type: 'text', help: 'its home HWM', read: vm => vm.home },
      state: {
        type: 'text',
        help: 'running, waiting, away, home, stopped ...',
        read: vm => [
          vm.state,
          vmStateWord(vm.state).word,
          ...(vm.away ? ['away'] : vm.state === 'running' ? ['home'] : []),
        ],
      },
      kind: { type: 'text', help: 'havm, vm, other', read: vm => [vm.kind, KIND_WORDS[vm.kind]] },
      uuid: { type: 'text', help: 'of its domain', read: vm => vm.instances.map(i => i.uuid) },
      ram: { type: 'bytes', help: 'memory it asks for', read: vm => vm.demand['ram'] },
      storage: { type: 'bytes', help: 'storage it asks for', read: vm => vm.demand['storage'] },
      cpu: { type: 'cores', help: 'CPUs it asks for', read: vm => vm.demand['cpu'] },
      load: {
        type: 'cores',
        help: 'CPUs it uses now; load>80% of what it asks for',
        read: vm => vm.usage?.cpu,
        whole: vm => vm.demand['cpu'],
      },
      net: {
        type: 'bits',
        help: 'network traffic now, both ways',
        read: vm => (vm.usage ? vm.usage.rx + vm.usage.tx : undefined),
      },
      disk: {
        type: 'bytes',
        help: 'block traffic now, bytes/s',
        read: vm => (vm.usage ? vm.usage.read + vm.usage.write : undefined),
      },
      priority: { type: 'count', help: 'of its restart', read: vm => vm.config?.priority },
    },
  }
}

export function hwmLanguage(picture: Picture): FilterLanguage<HwmView> {
  return {
    text: hwm => `${hwm.name} ${hwm.reason}`,
    fields: {
      name: { type: 'text', help: 'its name', read: hwm => hwm.name },
      hwm: { type: 'text', help: 'its name', read: hwm => hwm.name },
      state: {
        type: 'text',
        help: 'up, down, refused, asking, maint',
        read: hwm => [hwm.state, hwmWord(hwmMood(hwm), UNICODE).word],
      },
      label: {
        type: 'text',
        help: 'its labels, e.g. label:rack=a',
        read: hwm => Object.entries(hwm.config.labels).map(([key, value]) => `${key}=${value}`),
      },
      rack: { type: 'text', help: 'its label rack', read: hwm => hwm.config.labels['rack'] },
      reason: { type: 'text', help: 'why it is not up', read: hwm => hwm.reason.split(' ') },
      libvirt: { type: 'text', help: 'version', read: hwm => hwm.libvirtVersion },
      vms: { type: 'count', help: 'VMs on it', read: hwm => picture.vmsOn(hwm.name).size },
      away: {
        type: 'count',
        help: 'VMs on it whose home is elsewhere',
        read: hwm => picture.awayOn(hwm.name),
      },
      ram: {
        type: 'bytes',
        help: 'given out; ram>80% of its capacity',
        read: hwm => hwm.used['ram'],
        whole: hwm => hwm.capacity['ram'],
      },
      storage: {
        type: 'bytes',
        help: 'given out',
        read: hwm => hwm.used['storage'],
        whole: hwm => hwm.capacity['storage'],
      },
      cpu: {
        type: 'cores',
        help: 'given out',
        read: hwm => hwm.used['cpu'],
        whole: hwm => hwm.capacity['cpu'],
      },
      load: {
        type: 'cores',
        help: 'CPUs in use now; load>80% of its capacity',
        read: hwm => hwm.usage?.cpu,
        whole: hwm => hwm.capacity['cpu'],
      },
    },
  }
}

export function setLanguage(): FilterLanguage<FailureSet> {
  return {
    text: set => `${set.failed.join(' ')} ${set.state} ${set.why}`,
    fields: {
      hwm: { type: 'text', help: 'an HWM that fails in it', read: set => set.failed },
      state: { type: 'text', help: 'covered, short, unknown', read: set => set.state },
      why: { type: 'text', help: 'what is short', read: set => set.why.split(' ') },
      size: { type: 'count', help: 'HWMs that fail', read: set => set.failed.length },
      restarts: { type: 'count', help: 'HAVMs that restart', read: set => set.restarts },
      left: { type: 'count', help: 'HAVMs without a place', read: set => set.left },
    },
  }
}

export function eventLanguage(): FilterLanguage<ClusterEvent> {
  return {
    text: event => `${event.about} ${event.what} ${event.why} ${event.who}`,
    fields: {
      who: { type: 'text', help: 'user, daemon, or seen', read: event => event.who },
      from: { type: 'text', help: 'host it came from', read: event => event.from },
      level: { type: 'text', help: 'info, warn, error', read: event => event.level },
      about: {
        type: 'text',
        help: 'hwm:quark, vm:test, etcd ...',
        read: event => [event.about, event.about.slice(event.about.indexOf(':') + 1)],
      },
      hwm: {
        type: 'text',
        help: 'HWM it is about',
        read: event => (event.about.startsWith('hwm:') ? event.about.slice(4) : undefined),
      },
      vm: {
        type: 'text',
        help: 'VM it is about',
        read: event => (event.about.startsWith('vm:') ? event.about.slice(3) : undefined),
      },
      why: { type: 'text', help: 'first word of the reason', read: event => event.why.split(' ') },
    },
  }
}

export function operationLanguage(): FilterLanguage<Operation> {
  return {
    text: operation => `${operation.kind} ${operation.subject} ${operation.why} ${operation.by}`,
    fields: {
      id: { type: 'text', help: 'its number', read: operation => operation.id },
      kind: {
        type: 'text',
        help: 'evacuate, homecoming, migrate ...',
        read: operation => operation.kind,
      },
      state: {
        type: 'text',
        help: 'running, paused, done, partly, cancelled',
        read: operation => operation.state,
      },
      who: { type: 'text', help: 'who began it', read: operation => operation.by },
      vm: {
        type: 'text',
        help: 'a VM of it',
        read: operation => operation.steps.map(step => step.vm),
      },
      hwm: {
        type: 'text',
        help: 'an HWM it takes from or gives to',
        read: operation =>
          operation.steps.flatMap(step =>
            [step.from, targetOf(step)].filter(each => each !== undefined),
          ),
      },
    },
  }
}
