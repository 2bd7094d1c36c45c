import type { FileRecord } from '../datasets/index-entry.js'
import type { ScanView } from '../datasets/views.js'

/** The filesets by the tasks that made them: what stands before the first `_` of an id. Of several the last one counts. */
export const tasksOf = ({ filesets }: ScanView): Record<string, string> =>
  Object.fromEntries([...filesets.keys()].map(id => [id.split('_', 1)[0]!, id]))

/** The file that a task has left, of that id. */
export function resultOf ({ filesets }: ScanView, tasks: Record<string, string>, task: string, file = task): FileRecord | undefined {
  return Object.hasOwn(tasks, task) ? filesets.get(tasks[task]!)?.files.get(file) : undefined
}
