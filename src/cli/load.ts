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
  demo: () => import('./demo.ts'),
  completion: () => import('./commands/completion.ts'),
  engine: () => import('./engine.ts'),
}

export function loadCommand(name: CommandName): Promise<{ readonly run: Run }> {
  return FILES[name]()
}
