// Ganeti's text format (`hbal -t FILE`), both ways, and the question that its score asks, put as a problem of ours.
import type { PlacementMap, Problem, ProblemVm } from '../../../src/solver/problem.ts'

interface GanetiNode {
  readonly name: string
  readonly memory: number
  /** Taken by the node itself. */
  readonly own: number
  readonly cpus: number
}

interface GanetiInstance {
  readonly name: string
  readonly memory: number
  readonly cpus: number
  readonly node: string
  /** Its line up to the node and after it. */
  readonly before: string
  readonly after: string
}

export interface GanetiCluster {
  readonly nodes: readonly GanetiNode[]
  readonly instances: readonly GanetiInstance[]
  /** Text before and after the instances, and the lines of the nodes. */
  readonly groups: string
  readonly nodeLines: readonly string[]
  readonly rest: string
}

/** Shared storage only: an instance has one node. Throws for text that has not the four parts. */
export function readGaneti(text: string): GanetiCluster {
  const [groups, nodes, instances, ...rest] = text.split(/\n\n/)
  if (groups === undefined || nodes === undefined || instances === undefined)
    throw new Error(
      'A cluster of Ganeti has groups, nodes and instances, with empty lines between.',
    )
  const nodeLines = nodes.split('\n').filter(line => line !== '')
  return {
    groups,
    nodeLines,
    nodes: nodeLines.map(line => {
      const words = line.split('|')
      return {
        name: words[0]!,
        memory: Number(words[1]),
        own: Number(words[2]),
        cpus: Number(words[6]),
      }
    }),
    instances: instances
      .split('\n')
      .filter(line => line !== '')
      .map(line => {
        const words = line.split('|')
        return {
          name: words[0]!,
          memory: Number(words[1]),
          cpus: Number(words[3]),
          node: words[6]!,
          before: words.slice(0, 6).join('|'),
          after: words.slice(7).join('|'),
        }
      }),
    rest: rest.join('\n\n'),
  }
}

/** The same cluster after moves: free memory follows. */
export function writeGaneti(cluster: GanetiCluster, map: PlacementMap): string {
  const change = new Map<string, number>()
  const add = (node: string, memory: number): void => {
    change.set(node, (change.get(node) ?? 0) + memory)
  }
  const lines = cluster.instances.map(instance => {
    const node = map.get(instance.name) ?? instance.node
    add(instance.node, instance.memory)
    add(node, -instance.memory)
    return `${instance.before}|${node}|${instance.after}`
  })
  const nodes = cluster.nodeLines.map(line => {
    const words = line.split('|')
    words[3] = String(Number(words[3]) + (change.get(words[0]!) ?? 0))
    return words.join('|')
  })
  return [cluster.groups, nodes.join('\n'), lines.join('\n'), cluster.rest].join('\n\n')
}

/** VMs that a Ganeti node holds at most, for scale: its load counts instances, without a limit. */
const MOST_INSTANCES = 1_000
/** vCPUs that Ganeti gives out per CPU by default (vcpu-ratio). */
const CPU_RATIO = 64

/**
 * The cluster as a problem: memory, CPUs given out 64 times, and `load`: one for every instance. Memory that a node takes itself is
 * a VM that is pinned to it, so that utilisation is counted as Ganeti counts it.
 */
export function problemOfGaneti(cluster: GanetiCluster, tolerate: number): Problem {
  const own: ProblemVm[] = cluster.nodes.map(node => ({
    name: `${node.name} itself`,
    ha: false,
    demand: { ram: node.own },
    home: node.name,
    pinned: true,
  }))
  return {
    dimensions: ['ram', 'cpu', 'load'],
    hwms: cluster.nodes.map(node => ({
      name: node.name,
      capacity: { ram: node.memory, cpu: node.cpus, load: MOST_INSTANCES },
    })),
    vms: [
      ...cluster.instances.map(instance => ({
        name: instance.name,
        ha: true,
        demand: { ram: instance.memory, cpu: instance.cpus, load: 1 },
        home: instance.node,
      })),
      ...own,
    ],
    groups: [],
    tolerate,
    overcommit: { cpu: CPU_RATIO },
  }
}

/**
 * Weights that make the balance objective Ganeti's score for shared storage: free memory and vCPUs half each, twice (once for forthcoming
 * instances), and the number of instances four times (CPU, memory, disk and net load, all 1 by default).
 */
export const SCORE_WEIGHTS = { ram: 1, cpu: CPU_RATIO, load: 4 * MOST_INSTANCES }
