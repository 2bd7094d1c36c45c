import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { openChangeFeed, type ScanChange } from '#lib/datasets/changes.js'
import { createRedis } from '#lib/redis/connect.js'
import { startRedis } from '../../support/redis.js'

t.test('while Redis is away that is said once, not with every attempt; then changes are heard again', async t => {
  const server = await startRedis()
  const redis = createRedis(server.url)
  redis.on('error', () => {})
  await redis.connect()
  const [said, heard]: [string[], ScanChange[]] = [[], []]
  const feed = await openChangeFeed({
    redis,
    key: 'changes',
    replica: 'one',
    onChange: change => { heard.push(change) },
    onGap: async () => {},
    onError: error => { said.push(String(error)) }
  })
  t.teardown(async () => {
    feed.close()
    redis.disconnect()
    await server.remove()
  })
  await server.kill()
  await sleep(2_500)
  const ofAttempts = said.filter(text => !text.includes('ECONNREFUSED'))
  t.ok(said.length > 0, 'it is said')
  t.strictSame(ofAttempts, [...new Set(ofAttempts)], 'but nothing twice')

  await server.start()
  while (heard.length === 0) {
    await redis.xadd('changes', '*', 'replica', 'other', 'scan', 'plant', 'touched', '*').catch(() => {})
    await sleep(50)
  }
  t.strictSame(heard[0], { scan: 'plant', touched: undefined })
})
