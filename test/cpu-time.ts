// For tests that something does not cost more and more: time on the processor, which does not depend on what else the machine does.

/** What `run` used of it in this process, in ms. */
export function cpuMsOf(run: () => void): number {
  const before = process.cpuUsage()
  run()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}
