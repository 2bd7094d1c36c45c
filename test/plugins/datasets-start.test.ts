import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { buildApp } from '#lib/app.js'
import { loadConfig } from '#lib/config/load.js'
import { ownPrefix } from '../support/app.js'

t.test('the folder is read when all plugins have started, and until then the service is not ready', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'guardcell-start-'))
  const app = await buildApp(loadConfig({ REDIS_URL: process.env.REDIS_URL, REDIS_PREFIX: ownPrefix(), STATE_DIR: folder, LOG_LEVEL: 'silent' }))
  t.teardown(async () => {
    await app.close()
    await rm(folder, { recursive: true })
  })
  let opened = false
  app.addHook('onReady', async () => {
    await new Promise(resolve => { setImmediate(resolve) })
    t.notOk(opened, 'no hook of a start waits for it')
  })
  await app.after()
  void app.datasets.opened.then(() => { opened = true })
  t.notOk(app.datasets.isReady(), 'the plugin has started, and nothing was read')
  t.equal((await app.readiness()).datasets, 'failing')
  await app.ready()
  await app.datasets.opened
  t.equal((await app.readiness()).datasets, 'ok')
})
