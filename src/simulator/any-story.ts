// A short story for a made-up cluster of any size.
import type { MadeUpCluster } from './made-up.ts'

export function anyStory({ config, guests }: MadeUpCluster): string {
  const [first, second] = config.hwms
  const guest = guests.find(({ on }) => on === first?.name)?.guest.name
  if (!first) return ''
  const lines = [
    `# ${config.hwms.length} HWMs, ${config.vms.length} VMs. Everything runs.`,
    `> 5.0 kill ${first.name}`,
    ...(second && guest !== undefined ? [`> 20.0 start ${guest} ${second.name}`] : []),
    `> 30.0 rescue ${first.name}`,
  ]
  return lines.join('\n')
}
