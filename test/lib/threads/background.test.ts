import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { documentWorker } from '../../support/document-worker.js'

/** The nice value of each thread of this process, field 19 of proc(5)'s stat, by its number. */
const niceValues = (): Map<number, number> => new Map(readdirSync('/proc/self/task').map(thread => {
  const fields = readFileSync(`/proc/self/task/${thread}/stat`, 'latin1')
  return [Number(thread), Number(fields.slice(fields.lastIndexOf(')') + 2).split(' ')[16])]
}))

t.test('a thread that works on documents leaves the processor to the main thread', { skip: process.platform !== 'linux' && 'threads have no nice value of their own here' }, async t => {
  await documentWorker.run('listedPaths', Buffer.from('{"filesets":[]}'), 20_000)
  const values = niceValues()
  const own = values.get(process.pid)!
  t.ok([...values.values()].some(value => value === Math.min(own + 10, 19)))
})
