// The names of all fields of a cluster file: what is read, what an unknown one is compared with, and what is printed.
import { STANDARD_DIMENSIONS } from '../resources.ts'

export const API_VERSION = 'yasco/v1'

export const TOP_FIELDS = [
  'apiVersion',
  'cluster',
  'etcd',
  'tolerate',
  'domains',
  'dimensions',
  'overcommit',
  'failureDomains',
  'settings',
  'ceph',
  'hwms',
  'vms',
  'groups',
  'fallbacks',
] as const

export const ETCD_FIELDS = ['endpoints', 'tls', 'username', 'password-file'] as const
export const TLS_FIELDS = ['ca', 'cert', 'key'] as const
export const CEPH_FIELDS = ['conf', 'user'] as const
export const SETTINGS_FIELDS = [
  'migration',
  'safety',
  'admission',
  'homecoming',
  'eventsKept',
] as const
export const MIGRATION_FIELDS = ['unsafe', 'parallelPerHwm', 'bandwidth'] as const
export const SAFETY_FIELDS = ['h', 'ttl', 'A', 'D', 'w'] as const

export const HWM_FIELDS = [
  'libvirt',
  'capacity',
  'reserve',
  'labels',
  'fallback',
  'maintenance',
  'migration',
  'ceph',
  'watchdog',
  'fence',
] as const
export const FENCE_FIELDS = ['agent', 'options'] as const

/** Beside these a VM has one field per dimension. */
export const VM_FIELDS = [
  'ha',
  'home',
  'priority',
  'only',
  'never',
  'pinned',
  'order',
  'delay',
  'desired',
] as const

export const GROUP_FIELDS = ['members', 'spread', 'together', 'order', 'replicas'] as const
export const FALLBACK_FIELDS = ['failed', 'map'] as const

/** Words that a cluster's own dimension cannot be called. */
export const TAKEN_DIMENSIONS: readonly string[] = [...VM_FIELDS, ...STANDARD_DIMENSIONS]

export const DEFAULT_PRIORITY = 0
export const DEFAULT_TOLERATE = 1
/** Works everywhere; a shared folder has to be named. */
export const DEFAULT_DOMAINS = 'etcd'
