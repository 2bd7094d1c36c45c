/** Replies of a Redis that is there but cannot serve now, as opposed to those that mean a defect of ours. */
const unable = /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|OOM|MISCONF|NOREPLICAS|NOAUTH|WRONGPASS|NOPERM|BUSY)\b/

/** What the client says when there is no connection, or no answer in time. */
const unreachable = /^(Connection is closed|Stream isn't writeable|Cluster isn't ready|Command timed out|None of startup nodes|Failed to refresh slots|Too many Cluster redirections|Node is disconnected|connect ETIMEDOUT)/

const names = new Set(['AbortError', 'MaxRetriesPerRequestError', 'ClusterAllFailedError'])

/** Whether an error of a Redis call means that Redis is away or cannot serve, so that the answer is a 503. */
export function isOutage (error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (error.name === 'ReplyError') return unable.test(error.message)
  return names.has(error.name) || unreachable.test(error.message)
}
