// What is wrong with etcd and with what lies in it. Pure.
import type { MemberHealth } from '../../etcd/store.ts'
import { checkConfig } from '../../model/cluster-file/check.ts'
import { pathText } from '../../model/cluster-file/problem.ts'
import type { ClusterConfig } from '../../model/cluster.ts'
import type { BadValue } from '../../model/snapshot.ts'
import { type Check, checksAbout } from './check.ts'

export function etcdChecks(members: readonly MemberHealth[]): readonly Check[] {
  const { ok, warn, fail } = checksAbout('etcd')
  const reachable = members.filter(member => member.reachable)
  const lost = members.filter(member => !member.reachable)
  const needed = Math.floor(members.length / 2) + 1
  const checks: Check[] = []
  if (reachable.length < needed) {
    checks.push(
      fail(
        'quorum',
        `${reachable.length} of ${members.length} members answer, ${needed} are needed`,
        'bring members back: without a quorum nothing can be decided',
      ),
    )
  } else {
    const leader = reachable.find(member => member.leader)
    checks.push(
      leader
        ? ok(
            'quorum',
            `${reachable.length} of ${members.length} members answer, leader ${leader.endpoint}`,
          )
        : fail(
            'quorum',
            `${reachable.length} of ${members.length} members answer, and none of them leads`,
            'look at the logs of etcd on the members',
          ),
    )
  }
  for (const { endpoint, reason } of lost) {
    checks.push(
      warn(
        'member',
        `${endpoint} does not answer: ${reason}`,
        'start etcd there, or take the endpoint out of the cluster file',
      ),
    )
  }
  if (members.length < 3) {
    const found = members.length === 1 ? 'one endpoint' : `${members.length} endpoints`
    checks.push(
      warn(
        'members',
        found,
        'run three members, on three HWMs: with fewer, losing one loses the state of the cluster',
      ),
    )
  }
  return checks
}

export function configChecks(
  config: ClusterConfig,
  badValues: readonly BadValue[],
): readonly Check[] {
  const { ok, warn, fail } = checksAbout('cluster')
  const checks = badValues.map(({ key, problem }) =>
    fail('etcd value', `${key}: ${problem}`, 'apply the cluster file again'),
  )
  for (const { severity, path, found, expected } of checkConfig(config)) {
    const make = severity === 'error' ? fail : warn
    checks.push(
      make(
        'configuration',
        `${pathText(path)}: ${found}`,
        `expected ${expected}: mend the cluster file and apply it`,
      ),
    )
  }
  if (checks.length > 0) return checks
  return [
    ok(
      'configuration',
      `${config.hwms.length} HWMs, ${config.vms.length} VMs, tolerates ${config.tolerate}`,
    ),
  ]
}
