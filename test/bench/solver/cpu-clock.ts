/**
 * Milliseconds of processor time that this thread has had. On an idle machine it runs as a clock on the wall does; on a busy one it
 * is the solver that is measured, not its neighbours.
 */
export function cpuClock(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}
