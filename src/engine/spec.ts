// What an engine is told when it is started: one JSON value on its command line. Secrets are never in it, only names of files.
import type { EtcdAccess } from '../model/cluster.ts'

export interface RealSpec {
  readonly mode: 'real'
  readonly cluster: string
  readonly etcd: EtcdAccess
  /** Opens libvirt's read-only socket, and uses whatever etcd user `etcd` names: nothing is ever written. */
  readonly readOnly: boolean
}

export interface DemoSpec {
  readonly mode: 'demo'
  readonly seed: number
  /** Absent: the three hosts of the lab. */
  readonly size?: { readonly hwms: number; readonly vms: number }
  /** Text of a story that plays by itself; absent: nothing happens unless asked for. */
  readonly story?: string
  readonly readOnly: boolean
}

export type EngineSpec = RealSpec | DemoSpec
