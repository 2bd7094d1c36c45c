import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { createFileSink } from '#lib/mail/file-sink.js'

const DAY = 86_400_000

t.test('mails are files that their owner reads, and go a week later when the next one comes', async t => {
  const state = await mkdtemp(join(tmpdir(), 'guardcell-mail-'))
  t.teardown(() => rm(state, { recursive: true, force: true }))
  const folder = join(state, 'mail')
  const files: string[] = []
  let now = Date.UTC(2026, 2, 28, 23, 59)
  const { send } = createFileSink({ folder, from: 'lab@lab.example', now: () => now, announce: file => files.push(file) })
  const mail = async (subject: string): Promise<string> => {
    await send({ to: 'ada@lab.example', subject, text: 'Hello.\n' })
    return files.at(-1)!
  }

  const first = await mail('first')
  t.equal(await readFile(first, 'utf8'), 'From: lab@lab.example\nTo: ada@lab.example\nDate: 2026-03-28T23:59:00.000Z\nSubject: first\n\nHello.\n')
  t.equal((await stat(first)).mode & 0o777, 0o600)
  await writeFile(join(folder, '2020-01-01 notes.txt'), 'of somebody else')
  await writeFile(join(folder, '2020-01-01T00-00-00.000Z-abcdef.part'), 'half a ma')

  now += DAY
  const second = await mail('second')
  now += 6 * DAY
  const third = await mail('third')
  t.strictSame((await readdir(folder)).length, 4, 'a week is not over; what a crash had left of a mail is gone')
  now += 1
  const fourth = await mail('fourth')
  t.strictSame((await readdir(folder)).map(name => join(folder, name)).sort(), [join(folder, '2020-01-01 notes.txt'), second, third, fourth].sort())
})
