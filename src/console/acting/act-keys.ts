// The keys that act. Each opens a plan or a question, and none of them does anything by itself.
import { isOver, type Operation } from '../../model/operation.ts'
import type { VmView } from '../../model/snapshot.ts'
import type { KeyAction } from '../key-table.ts'
import type { ConsoleStore } from '../store.ts'
import { arm, confirmVerb, isArmed, tell } from './confirm.ts'
import { changeParallel, isWithMethod, openPlan, rowInHand, toggleMethod } from './plan.ts'
import {
  hwmInHand,
  hwmsInHand,
  operationInHand,
  overOrNot,
  vmsInHand,
  whyNotAct,
  whyNotEvacuate,
  whyNotHome,
  whyNotHwm,
  whyNotInPlan,
  whyNotOperation,
  whyNotVms,
} from './reasons.ts'

/** Plans that are about where a VM shall be. */
const SETTLED: ReadonlySet<string> = new Set(['homecoming', 'undo', 'apply-solved'])

const runs = (vm: VmView) => vm.state === 'running' || vm.state === 'paused'
const stands = (vm: VmView) =>
  vm.state === 'stopped' || vm.state === 'absent' || vm.state === 'crashed'

export const ACT_KEYS: readonly KeyAction[] = [
  {
    id: 'evacuate',
    keys: ['E'],
    group: 'act',
    short: 'evacuate',
    priority: 34,
    help: 'evacuate an HWM, or marked dead ones',
    why: whyNotEvacuate,
    run: store => {
      const [hwm, ...also] = hwmsInHand(store).map(each => each.name)
      if (hwm === undefined) return
      openPlan(store, { do: 'evacuate', hwm, ...(also.length > 0 && { also }), cold: false })
    },
  },
  {
    id: 'homecoming',
    keys: ['H'],
    group: 'act',
    short: 'homecoming',
    priority: 33,
    help: 'bring VMs home',
    why: whyNotHome,
    run: store => {
      const hwm = hwmInHand(store)
      const { picture } = store.getState()
      const isIts =
        hwm !== undefined && [...picture.homeOf(hwm.name)].some(vm => picture.vm(vm)?.away === true)
      openPlan(store, isIts ? { do: 'homecoming', hwm: hwm.name } : { do: 'homecoming' })
    },
  },
  {
    id: 'maintenance',
    keys: ['M'],
    group: 'act',
    help: 'maintenance of an HWM on or off',
    why: whyNotHwm,
    run: store => {
      const hwm = hwmInHand(store)
      if (!hwm) return
      openPlan(store, { do: 'maintenance', hwm: hwm.name, on: !hwm.config.maintenance })
    },
  },
  {
    id: 'boot',
    keys: ['B'],
    group: 'act',
    help: 'start (boot) the selected or marked VMs',
    why: store => whyNotVms(store, stands, 'it runs already'),
    run: store => {
      const [vm, ...also] = vmsInHand(store)
        .filter(stands)
        .map(each => each.name)
      if (vm !== undefined) openPlan(store, { do: 'start', vm, also })
    },
  },
  {
    id: 'stop',
    keys: ['X'],
    group: 'act',
    help: 'stop the selected or marked VMs',
    why: store => whyNotVms(store, runs, 'it does not run'),
    run: store => {
      const [vm, ...also] = vmsInHand(store)
        .filter(runs)
        .map(each => each.name)
      if (vm !== undefined) openPlan(store, { do: 'stop', vm, also })
    },
  },
  {
    id: 'migrate',
    keys: ['V'],
    group: 'act',
    help: 'move the selected or marked VMs to an HWM',
    why: store => whyNotVms(store, runs, 'only a running VM can be moved'),
    run: store =>
      store.setState({ overlay: { kind: 'choose-hwm', purpose: 'destination', at: 0 } }),
  },
  {
    id: 'arm',
    keys: ['A'],
    group: 'act',
    help: 'arm for 10 minutes; again: disarm',
    why: whyNotAct,
    run: store => {
      if (isArmed(store)) {
        store.setState({ armed: undefined })
        store.notify('disarmed')
      } else {
        arm(store)
        store.notify('armed for 10 minutes: plans are still shown and confirmed')
      }
    },
  },
  {
    id: 'retry',
    keys: ['R'],
    group: 'act',
    short: 'retry',
    priority: 31,
    help: 'retry the failed steps of an operation',
    why: store => whyNotOperation(store, whyNotRetry),
    run: store => askAbout(store, 'retry'),
  },
  {
    id: 'undo',
    keys: ['U'],
    group: 'act',
    short: 'undo',
    priority: 30,
    help: 'undo an operation by its reverse plan',
    why: store =>
      whyNotOperation(store, operation =>
        isOver(operation) ? undefined : `operation ${operation.id} is not over: cancel it first`,
      ),
    run: store => {
      const operation = operationInHand(store)
      if (operation) openPlan(store, { do: 'undo', operation: operation.id })
    },
  },
  {
    id: 'pause',
    keys: ['Z'],
    group: 'act',
    short: 'pause',
    priority: 32,
    help: 'pause an operation, or let it go on',
    why: store => whyNotOperation(store, overOrNot),
    run: store => {
      const operation = operationInHand(store)
      if (operation) askAbout(store, operation.state === 'paused' ? 'resume' : 'pause')
    },
  },
  {
    id: 'cancel',
    keys: ['C'],
    group: 'act',
    short: 'cancel',
    priority: 29,
    help: 'cancel an operation',
    why: store => whyNotOperation(store, overOrNot),
    run: store => askAbout(store, 'cancel'),
  },
  {
    id: 'take-up',
    keys: ['T'],
    group: 'act',
    short: 'take up',
    priority: 33,
    help: 'take up an operation whose conductor is gone',
    why: store =>
      whyNotOperation(store, (operation, isConducted) =>
        isConducted ? `operation ${operation.id} is conducted` : overOrNot(operation),
      ),
    run: store => {
      const operation = operationInHand(store)
      if (operation) askAbout(store, operation.state === 'paused' ? 'resume' : 'take-up')
    },
  },
]

export const PLAN_KEYS: readonly KeyAction[] = [
  {
    id: 'target',
    keys: ['t'],
    group: 'plan',
    short: 'target',
    priority: 42,
    help: 'another target for the selected VM',
    why: store => {
      const why = whyNotInPlan(store)
      if (why !== undefined) return why
      const row = rowInHand(store)
      if (row?.kind !== 'move') return 'no move is selected'
      const { plan } = store.getState()
      if (row.move.method === 'stop') return 'it goes nowhere'
      return plan !== undefined && SETTLED.has(plan.request.do)
        ? 'where it goes is settled'
        : undefined
    },
    run: store => store.setState({ overlay: { kind: 'choose-hwm', purpose: 'target', at: 0 } }),
  },
  {
    id: 'method',
    keys: ['m'],
    group: 'plan',
    short: 'live or cold',
    priority: 10,
    help: 'move live, or shut down here and start there',
    why: store => {
      const { plan } = store.getState()
      const why = whyNotInPlan(store)
      if (why !== undefined) return why
      return plan && isWithMethod(plan.request) && plan.shown?.off.length === 0
        ? undefined
        : 'there is one way only'
    },
    run: toggleMethod,
  },
  {
    id: 'more-at-once',
    keys: ['+'],
    group: 'plan',
    short: 'more at once',
    priority: 8,
    help: 'more VMs at once per HWM',
    why: whyNotInPlan,
    run: store => changeParallel(store, 1),
  },
  {
    id: 'fewer-at-once',
    keys: ['-'],
    group: 'plan',
    help: 'fewer at once',
    why: whyNotInPlan,
    run: store => changeParallel(store, -1),
  },
  {
    id: 'reason',
    keys: ['r'],
    group: 'plan',
    short: 'reason',
    priority: 30,
    help: 'why it is done, for the log',
    why: whyNotInPlan,
    run: store => {
      const text = store.getState().plan?.why ?? ''
      const cursor = Array.from(text).length
      store.setState({ prompt: { kind: 'reason', text, cursor, before: text, pick: -1 } })
    },
  },
]

function whyNotRetry(operation: Operation): string | undefined {
  const failed = operation.steps.some(step => step.state === 'failed' || step.state === 'cancelled')
  return failed ? undefined : `no step of operation ${operation.id} has failed`
}

const SENTENCES = {
  pause: (id: string) => `Pause operation ${id}: what runs now is finished, nothing new begins`,
  resume: (id: string) => `Let operation ${id} go on`,
  cancel: (id: string) =>
    `Cancel operation ${id}: what runs now is brought to a safe end, the rest is left`,
  retry: (id: string) => `Retry the failed steps of operation ${id}`,
  'take-up': (id: string) => `Take up operation ${id}: this console conducts it from now on`,
} as const

/** While armed, what can be taken back at once is done at once. */
export function askAbout(store: ConsoleStore, to: keyof typeof SENTENCES): void {
  const operation = operationInHand(store)
  if (operation) askAboutOperation(store, operation.id, to)
}

export function askAboutOperation(
  store: ConsoleStore,
  id: string,
  to: keyof typeof SENTENCES,
): void {
  if (isArmed(store) && (to === 'pause' || to === 'resume')) tell(store, id, to)
  else confirmVerb(store, id, to, SENTENCES[to](id))
}
