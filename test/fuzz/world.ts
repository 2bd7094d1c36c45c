// What there is for requests to find: accounts, tokens, data sets. Made anew now and then, because requests destroy it.
import { PASSWORD, type Running } from '../support/app.js'
import type { knowable, Sent } from './requests.js'

type Known = Record<typeof knowable[number], string[]>

export interface World {
  known: Known
  /** The Authorization header of each kind of caller. */
  credentials: Record<Sent['caller'], string | undefined>
}

let worlds = 0

/** @returns a user, an admin and a machine that may do what they may, and something of each kind that has a name */
export async function makeWorld ({ app, call, login, createUser }: Running): Promise<World> {
  const tag = `w${++worlds}`
  const [user, admin] = [await createUser(`${tag}-user`, { roles: ['contributor'] }), await createUser(`${tag}-admin`, { roles: ['admin'] })]
  const [ofUser, ofAdmin] = [await login(user.username), await login(admin.username)]
  const made = async (method: string, url: string, body?: unknown, headers = {}): Promise<any> => {
    const answer = await call(method, url, { token: ofAdmin.access_token, headers, ...(body === undefined ? {} : { body }) })
    if (answer.status >= 300 && answer.status !== 409) throw new Error(`${method} ${url}: ${answer.status} ${JSON.stringify(answer.body)}`)
    return answer.body
  }

  const scans = [`${tag}-a`, `${tag}-b`]
  for (const id of scans) {
    await made('POST', '/v1/scans', { id, metadata: { object: { species: 'maize' } } })
    await made('POST', `/v1/scans/${id}/filesets`, { id: 'images' })
    await made('POST', `/v1/scans/${id}/filesets/images/files?id=one&ext=json`, Buffer.from('{"a":1}'), { 'content-type': 'application/octet-stream' })
  }
  await made('POST', '/v1/groups', { name: `${tag}-group` })
  const token = await call('POST', '/v1/api-tokens', { token: ofUser.access_token, body: { name: tag, expires_in: 3_600, datasets: { '*': ['read', 'write', 'create'] } } })
  const { items: sessions } = await made('GET', '/v1/sessions')
  const pairing = await call('POST', '/oauth/device_authorization', { body: 'client_id=guardcell&device_name=fuzz' })

  return {
    known: {
      scan: scans,
      scan_id: scans,
      fileset: ['images'],
      fileset_id: ['images'],
      file: ['one'],
      key: ['object', 'species'],
      id: [user.id, sessions[0].id, token.body.id, 'images', 'one', ...scans],
      name: [`${tag}-group`],
      groups: [`${tag}-group`],
      username: [user.username, admin.username],
      user: [user.id],
      token: [ofUser.access_token, ofUser.refresh_token, token.body.token, token.body.id],
      kid: [app.codec.kid],
      password: [PASSWORD],
      current: [PASSWORD],
      refresh_token: [ofUser.refresh_token],
      user_code: [pairing.body.user_code]
    },
    credentials: {
      nobody: undefined,
      user: `Bearer ${ofUser.access_token}`,
      admin: `Bearer ${ofAdmin.access_token}`,
      machine: `Bearer ${token.body.token}`,
      stranger: `Bearer ${ofUser.access_token.slice(0, -4)}AAAA`
    }
  }
}
