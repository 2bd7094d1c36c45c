import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { buildApp } from '#lib/app.js'
import { step } from '#lib/boot/step.js'
import { loadConfig } from '#lib/config/load.js'

t.test('a part of a start that takes too long is given up, by its name', async t => {
  const said: Array<[object, string]> = []
  const log = { warn: (details: object, message: string) => { said.push([details, message]) } }
  let isGivenUp = false
  const work = (given: AbortSignal): Promise<never> => new Promise(() => { given.addEventListener('abort', () => { isGivenUp = true }) })
  await t.rejects(step({ name: 'Opening it', advice: 'see whether it answers', within: 50, log }, work), { name: 'BootError', message: 'Opening it took longer than 0.05 s: see whether it answers' })
  t.ok(isGivenUp)
  said.length = 0
  t.equal(await step({ name: 'Opening it', advice: '', within: 10_000, log }, async () => 7), 7)
  await t.rejects(step({ name: 'Opening it', advice: '', within: 10_000, log }, async () => { throw new Error('what it says itself') }), { message: 'what it says itself' })
  t.strictSame(said, [])
})

t.test('one that takes long says so', async t => {
  const said: unknown[] = []
  await step({ name: 'Opening it', advice: '', within: 2_000, log: { warn: (...what) => { said.push(what) } } }, () => sleep(700))
  t.match(said[0], [{ seconds: Number, of: 2 }, 'Opening it takes long'])
})

t.test('a Redis that never finishes loading is named, and no plugin', async t => {
  const info = 'redis_version:7.0.0\r\nloading:1\r\nloading_eta_seconds:1\r\n'
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    socket.on('data', data => { for (const command of data.toString().split(/^(?=\*)/m)) socket.write(/^INFO\r/im.test(command) ? `$${info.length}\r\n${info}\r\n` : '+OK\r\n') })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const config = loadConfig({ REDIS_URL: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`, STATE_DIR: t.testdir(), LOG_LEVEL: 'silent' })
  await t.rejects(buildApp(config, { stepLimit: 300 }), { name: 'BootError', message: 'Connecting to Redis took longer than 0.3 s: see whether it answers at REDIS_URL, or is still loading its data' })
  for (let i = 0; sockets.size > 0 && i < 100; i++) await sleep(20)
  t.equal(sockets.size, 0, 'its connection is given up')
})
