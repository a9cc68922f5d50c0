/** For tests only. */

/**
 * Processor time of this process from here on, in milliseconds: what a bound on work is held against, since a busy
 * machine stretches the time by the clock and hardly this one.
 */
export function startCpu(): () => number {
  const from = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(from);
    return (user + system) / 1_000;
  };
}
