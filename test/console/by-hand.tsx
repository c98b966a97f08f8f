// The console on a made-up cluster, to be looked at: node test/console/by-hand.mjs [three|forty|large].
// It moves a little: figures of use change every 5 s.
import { startConsole } from '../../components/start.tsx'
import { monotonicMs } from '../../src/model/clock.ts'
import type { ClusterSnapshot } from '../../src/model/snapshot.ts'
import { chance, manyHosts, NOW, threeHosts, usageAt } from './made-up.ts'
import { ScriptedCluster } from './scripted.ts'

const shift = monotonicMs() - NOW
const moved = (value: unknown): unknown =>
  typeof value === 'object' && value !== null
    ? Array.isArray(value)
      ? value.map(moved)
      : Object.fromEntries(
          Object.entries(value).map(([key, each]) => [
            key,
            /^(at|since|seenAt)$/.test(key) && typeof each === 'number'
              ? each + shift
              : moved(each),
          ]),
        )
    : value

const which = process.argv[2] ?? 'three'
const first =
  which === 'three'
    ? threeHosts()
    : which === 'forty'
      ? manyHosts(40, 10)
      : manyHosts(1000, 10, { history: false })
const cluster = new ScriptedCluster(moved(first) as ClusterSnapshot, monotonicMs, true)
cluster.answers.push(question =>
  question.ask === 'domain-xml'
    ? {
        ok: true,
        value: `<domain type='kvm'${question.which === 'live' ? " id='3'" : ''}>\n  <name>${question.vm}</name>\n  <memory unit='KiB'>4194304</memory>\n  <vcpu placement='static'>2</vcpu>\n${question.which === 'store' ? '' : '  <on_crash>restart</on_crash>\n'}  <devices>\n    <disk type='network' device='disk'>\n      <source protocol='rbd' name='libvirt-pool/${question.vm}'/>\n    </disk>\n  </devices>\n</domain>\n`,
      }
    : undefined,
)
const draw = chance(3)
const timer = setInterval(() => {
  const now = monotonicMs()
  const hwms = Object.fromEntries(
    Object.entries(cluster.snapshot.hwms).map(([name, hwm]) => {
      if (hwm.state !== 'up') return [name, hwm]
      const usage = usageAt(now, hwm.usage?.cpu ?? 1000, hwm.usage?.ram ?? 0, draw)
      return [name, { ...hwm, seenAt: now, usage, history: [...hwm.history.slice(-29), usage] }]
    }),
  )
  cluster.change({ hwms })
}, 5_000)
const shown = startConsole({
  stream: cluster.connect(),
  reconnect: async () => cluster.connect(),
  stdin: process.stdin,
  stdout: process.stdout,
})
const end = await shown.finished
clearInterval(timer)
console.log(end.reason)
process.exit(0)
