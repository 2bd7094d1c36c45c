import { setTimeout as sleep } from 'node:timers/promises'
import { once } from 'node:events'
import t from 'tap'
import { startLab } from '../support/datasets.js'
import { begin, listen } from '../support/raw-http.js'

t.test('who loses a right while a body is on its way does nothing with it', async t => {
  const lab = await startLab(t)
  const port = await listen(lab.app)
  const { id } = await lab.createUser('ann', { roles: ['admin'] })
  const losses: Record<string, [() => Promise<unknown>, string]> = {
    'the session ended': [() => lab.send('DELETE', `/v1/users/${id}/sessions`), '401'],
    'no admin any more': [() => lab.send('PATCH', `/v1/users/${id}`, { roles: ['reader'] }), '40[13]'],
    nothing: [async () => { await lab.send('PATCH', `/v1/users/${id}`, { roles: ['admin'] }) }, '201']
  }
  for (const [loss, [lose, status]] of Object.entries(losses)) {
    if (loss === 'nothing') await lose()
    const { access_token: token } = await lab.login('ann')
    const body = JSON.stringify({ name: `cell${Object.keys(losses).indexOf(loss)}` })
    const socket = await begin(port, `POST /v1/groups HTTP/1.1\nHost: x\nAuthorization: Bearer ${token}\nContent-Type: application/json\nContent-Length: ${body.length}\nConnection: close\n\n`, body.slice(0, 3))
    await sleep(1100)
    if (loss !== 'nothing') await lose()
    socket.write(body.slice(3))
    const [answer] = await once(socket, 'data') as [Buffer]
    t.match(String(answer), new RegExp(`^HTTP/1.1 ${status} `), loss)
    socket.destroy()
  }
  t.strictSame((await lab.send('GET', '/v1/groups')).body.items.map(({ name }: { name: string }) => name), ['cell2'])
})
