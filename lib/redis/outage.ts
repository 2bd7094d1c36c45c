/** Replies of a Redis that is there but cannot serve now, as opposed to those that mean a defect of ours. */
const unable = /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|OOM|MISCONF|NOREPLICAS|NOAUTH|WRONGPASS|BUSY)\b/

/** Replies to a user who may not run a command or touch a key, also from a script (Redis 6.2 to 8, Valkey). */
const refused = /^NOPERM|user executing the script can't|ACL failure in script/

/** What the client says when there is no connection, or no answer in time. */
const unreachable = /^(Connection is closed|Stream isn't writeable|Cluster isn't ready|Command timed out|None of startup nodes|Failed to refresh slots|Too many Cluster redirections|Node is disconnected|connect ETIMEDOUT)/

const names = new Set(['AbortError', 'MaxRetriesPerRequestError', 'ClusterAllFailedError'])

/** Whether Redis does not let its user do what was asked. */
export const isRefusal = (error: unknown): boolean => error instanceof Error && refused.test(error.message)

/** Whether an error of a Redis call means that Redis is away or cannot serve, so that the answer is a 503. */
export function isOutage (error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (error.name === 'ReplyError') return unable.test(error.message) || isRefusal(error)
  return names.has(error.name) || unreachable.test(error.message)
}
