/** Milliseconds for which this process has had a processor: unlike those of a clock, other processes do not make them more. */
export function busyMs (): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
