// The acting verbs of the command line: the words of the program's own commands, each opening the same plan as its key.
import type { Request } from '../../engine/acting/questions.ts'
import { askPowerNow } from '../actions/documents.ts'
import { goToScreen } from '../actions/move.ts'
import { open } from '../actions/opening.ts'
import type { ConsoleStore } from '../store.ts'
import type { Verb } from '../palette.ts'
import { askAboutOperation } from './act-keys.ts'
import { arm } from './confirm.ts'
import { openPlan } from './plan.ts'
import { whyNotAct } from './reasons.ts'

export const ACT_VERBS: readonly Verb[] = [
  acts('evacuate', 'HWM... [--cold]', 'evacuate an HWM, or dead ones together', (hwms, flags) => {
    const [hwm, ...also] = hwms
    if (hwm === undefined) return undefined
    const cold = flags.has('--cold')
    return { do: 'evacuate', hwm, ...(also.length > 0 && { also }), cold }
  }),
  acts('homecoming', '[HWM]', 'bring VMs home', ([hwm]) =>
    hwm === undefined ? { do: 'homecoming' } : { do: 'homecoming', hwm },
  ),
  acts('migrate', 'VM HWM [--cold]', 'move a VM', ([vm, to], flags) =>
    vm === undefined || to === undefined
      ? undefined
      : { do: 'migrate', vm, to, cold: flags.has('--cold') },
  ),
  acts('start', 'VM [HWM]', 'start a VM, at its home or there', ([vm, at]) =>
    vm === undefined ? undefined : { do: 'start', vm, ...(at !== undefined && { at }) },
  ),
  acts('stop', 'VM', 'stop a VM', ([vm]) => (vm === undefined ? undefined : { do: 'stop', vm })),
  acts('maintenance', 'HWM on|off', 'maintenance of an HWM on or off', ([hwm, wish]) =>
    hwm === undefined || (wish !== 'on' && wish !== 'off')
      ? undefined
      : { do: 'maintenance', hwm, on: wish === 'on' },
  ),
  {
    name: 'fence',
    args: 'HWM status|off|on',
    help: 'the fence devices of an HWM, asked or used by hand',
    changes: true,
    run: (store, words) => {
      const [hwm, to] = split(words)
      if (hwm !== undefined && to === 'status') askStatus(store, hwm)
      else if (hwm !== undefined && (to === 'off' || to === 'on'))
        openPlan(store, { do: 'fence', hwm, to })
      else store.notify('fence: expected HWM status|off|on', 'warn')
    },
  },
  {
    name: 'operation',
    args: 'list|show|pause|resume|retry|cancel|undo|take-up ID',
    help: 'an operation: shown, or asked to do something',
    changes: true,
    run: (store, words) => {
      const [verb = 'list', id] = split(words)
      onOperation(store, verb, id)
    },
  },
  {
    name: 'arm',
    args: '',
    help: 'arm for 10 minutes',
    changes: true,
    run: store => {
      arm(store)
    },
  },
  {
    name: 'disarm',
    args: '',
    help: 'disarm',
    changes: true,
    run: store => {
      store.setState({ armed: undefined })
    },
  },
]

function acts(
  name: string,
  args: string,
  help: string,
  read: (words: readonly string[], flags: ReadonlySet<string>) => Request | undefined,
): Verb {
  return {
    name,
    args,
    help,
    changes: true,
    run: (store, text) => {
      const words = split(text)
      const flags = new Set(words.filter(word => word.startsWith('--')))
      const unknown = [...flags].find(flag => !args.includes(flag))
      const request = read(
        words.filter(word => !word.startsWith('--')),
        flags,
      )
      if (unknown !== undefined)
        store.notify(`${name}: no option ${unknown} here: expected ${args}`, 'warn')
      else if (request === undefined) store.notify(`${name}: expected ${args}`, 'warn')
      else openPlan(store, request)
    },
  }
}

function split(text: string): string[] {
  return text.split(/\s+/).filter(word => word !== '')
}

function askStatus(store: ConsoleStore, hwm: string): void {
  void askPowerNow(store, hwm).then(answer => {
    if (answer.ok && typeof answer.value === 'string') store.notify(answer.value)
    else if (!answer.ok) store.notify(answer.error, 'warn')
  })
}

function onOperation(store: ConsoleStore, verb: string, id: string | undefined): void {
  if (verb === 'list') {
    goToScreen(store, 'operations')
    return
  }
  const operation = store.getState().picture.snapshot?.operations?.[id ?? '']
  if (!operation) {
    store.notify(
      id === undefined ? `operation ${verb}: which one?` : `there is no operation ${id}`,
      'warn',
    )
    return
  }
  switch (verb) {
    case 'show':
      goToScreen(store, 'operations')
      open(store, { kind: 'operation', id: operation.id, top: 0, left: 0 })
      return
    case 'undo':
      openPlan(store, { do: 'undo', operation: operation.id })
      return
    case 'pause':
    case 'resume':
    case 'retry':
    case 'cancel':
    case 'take-up': {
      const why = whyNotAct(store)
      if (why === undefined) askAboutOperation(store, operation.id, verb)
      else store.notify(why, 'warn')
      return
    }
    default:
      store.notify(
        `operation ${verb}: expected list, show, pause, resume, retry, cancel, undo or take-up`,
        'warn',
      )
  }
}
