// What an empty screen says: why there is nothing, and what to do.
import type { Line } from '../line.ts'
import { line, span } from '../line.ts'
import type { ViewContext } from './context.ts'

export function nothingHere(context: ViewContext, what: 'hwm' | 'vm'): readonly Line[] {
  const { state, ages } = context
  const { snapshot } = state.picture
  const words = what === 'hwm' ? 'HWM' : 'VM'
  if (state.lists[what].filter !== '') {
    return [line(span(`no ${words} matches this filter; Esc shows all`, 'dim'))]
  }
  if (!snapshot) {
    const { link } = state
    if (link.state === 'fatal') return [line(span(link.why, 'bad'))]
    return link.state === 'lost'
      ? [line(span(`${link.why}; starting it again`, 'warn'))]
      : [line(span('starting', 'dim'))]
  }
  const { etcd } = snapshot
  if (etcd.state === 'never') {
    return [
      line(span(`etcd has not answered yet, ${ages.of(etcd.since)}: ${etcd.reason}`, 'warn')),
      ...etcd.members.map(member =>
        line(
          span(`  ${member.endpoint}  `),
          span(member.reachable ? 'answers' : member.reason, member.reachable ? 'good' : 'bad'),
        ),
      ),
    ]
  }
  return [
    line(span(`no ${words} in this cluster yet`)),
    line(span('yasco apply -f FILE puts in what a cluster file names', 'dim')),
  ]
}
