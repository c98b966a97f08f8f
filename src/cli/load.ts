// Which file a command is in. Each is loaded only when it is wanted: most of a start is spent on loading code.
import type { Run } from './context.ts'
import type { CommandName } from './table.ts'

const FILES: Readonly<Record<CommandName, () => Promise<{ readonly run: Run }>>> = {
  console: () => import('./console.ts'),
  status: () => import('./commands/status.ts'),
  apply: () => import('./commands/apply.ts'),
  export: () => import('./commands/export.ts'),
  import: () => import('./commands/import.ts'),
  dump: () => import('./commands/dump.ts'),
  events: () => import('./commands/events.ts'),
  doctor: () => import('./commands/doctor.ts'),
  evacuate: () => import('./commands/evacuate.ts'),
  homecoming: () => import('./commands/homecoming.ts'),
  migrate: () => import('./commands/migrate.ts'),
  start: () => import('./commands/start.ts'),
  stop: () => import('./commands/stop.ts'),
  maintenance: () => import('./commands/maintenance.ts'),
  operation: () => import('./commands/operation.ts'),
  fence: () => import('./commands/fence.ts'),
  plan: () => import('./commands/plan.ts'),
  fallback: () => import('./commands/fallback.ts'),
  'what-if': () => import('./commands/what-if.ts'),
  snapshot: () => import('./commands/snapshot.ts'),
  demo: () => import('./demo.ts'),
  completion: () => import('./commands/completion.ts'),
  engine: () => import('./engine.ts'),
}

export function loadCommand(name: CommandName): Promise<{ readonly run: Run }> {
  return FILES[name]()
}
