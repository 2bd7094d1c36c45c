import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { connect, installation, make, replica, tokenOf } from './datasets-client.js'
import { faultsOfFolder, unfinished } from './datasets-folder.js'
import { find, makeTraffic } from './datasets-traffic.js'
import { Ledger } from './ledger.js'
import { until, type Env, type Service } from './process.js'

const ROUNDS = Number(process.env.CRASH_ROUNDS ?? 4)
const CONNECTIONS = 4

/** Uploads over several connections until the service is killed, and says what was not answered as it should be. */
async function killAmongUploads (t: Test, service: Service, { ledger, token, round }: { ledger: Ledger, token: string, round: number }): Promise<string[]> {
  let killed = false
  const clients = Array.from({ length: CONNECTIONS }, async (_, i) => {
    const traffic = { send: connect(t, service.url, token), ledger, name: `r${round}c${i}`, mixed: round % 2 === 1, isOver: () => killed }
    return await makeTraffic(traffic).catch(error => {
      if (!killed) throw error
      return []
    })
  })
  const all = Promise.all(clients)
  await Promise.race([sleep(150 + Math.random() * 1050), all])
  killed = true
  await service.end('SIGKILL')
  return (await all).flat()
}

/** Looks at everything that was ever answered. */
async function isWhole (t: Test, service: Service, { env, ledger, token }: { env: Env & { DATA_DIR: string }, ledger: Ledger, token: string }): Promise<void> {
  t.equal((await unfinished(env.DATA_DIR)).length, 1, 'nothing is left of the process that was killed')
  await until('nothing is unfinished', async () => (await unfinished(env.DATA_DIR)).flat().length === 0)
  t.strictSame(await faultsOfFolder(env.DATA_DIR), [], 'listings and files agree')
  const send = connect(t, service.url, token, CONNECTIONS)
  t.strictSame(await ledger.verify(async key => await find(send, key)), [], 'what was acknowledged holds')
}

t.test('a service that is killed among uploads', { timeout: 3_600_000 }, async t => {
  const env = await installation(t, { WRITE_LEASE: '0.5' })
  const ledger = new Ledger()
  let service = await replica(t, env)
  const token = await tokenOf(service)
  const send = connect(t, service.url, token)
  await make(send, '', { id: 'plant' })
  await make(send, '/plant/filesets', { id: 'images' })

  for (let round = 0; round < ROUNDS; round++) {
    await t.test(`has lost nothing when it starts again, ${round % 2 === 1 ? 'whatever was changed' : 'only uploads'} (${round + 1})`, async t => {
      t.strictSame(await killAmongUploads(t, service, { ledger, token, round }), [], 'every call was answered as it should be')
      service = await replica(t.parent as Test, env)
      await isWhole(t, service, { env, ledger, token })
    })
  }

  t.ok(ledger.there.length > ROUNDS, `${ledger.there.length} of ${ledger.size} things are there`)
})
