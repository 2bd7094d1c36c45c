// What there is for requests to find: accounts, tokens, data sets. Made anew now and then, because requests destroy it.
import sharp from 'sharp'
import { PASSWORD, type Running } from '../support/app.js'
import { newHolder, type Holder } from '../support/dpop.js'
import type { knowable, Sent } from './requests.js'

type Known = Record<typeof knowable[number], string[]>

export interface World {
  known: Known
  holder: Holder
  /** The Authorization header of each kind of caller. */
  credentials: Record<Sent['caller'], string | undefined>
}

const files = {
  'one.json': Buffer.from('{"a":1}'),
  'photo.jpg': await sharp({ create: { width: 20, height: 10, channels: 3, background: '#0a8040' } }).jpeg().toBuffer(),
  'cloud.ply': Buffer.from(['ply', 'format ascii 1.0', 'element vertex 2', 'property double x', 'property double y', 'property double z', 'end_header', '0 0 0', '1 1 1', ''].join('\n'))
}

let worlds = 0

/** @returns a user, an admin and a machine that may do what they may, and something of each kind that has a name */
export async function makeWorld (running: Running): Promise<World> {
  const { app, call, login, createUser } = running
  const tag = `w${++worlds}`
  const [user, admin] = [await createUser(`${tag}-user`, { roles: ['contributor'] }), await createUser(`${tag}-admin`, { roles: ['admin'] })]
  const [ofUser, ofAdmin] = [await login(user.username), await login(admin.username)]
  // To be spent, ended and revoked, while the callers go on.
  const other = await login(user.username)
  const holder = newHolder(running)
  const [bound, otherBound] = [(await holder.login(user.username, PASSWORD)).body, (await holder.login(user.username, PASSWORD)).body]
  const made = async (method: string, url: string, body?: unknown, headers = {}): Promise<any> => {
    const answer = await call(method, url, { token: ofAdmin.access_token, headers, ...(body === undefined ? {} : { body }) })
    if (answer.status >= 300 && answer.status !== 409) throw new Error(`${method} ${url}: ${answer.status} ${JSON.stringify(answer.body)}`)
    return answer.body
  }

  const scans = [`${tag}-a`, `${tag}-b`]
  for (const id of scans) {
    await made('POST', '/v1/scans', { id, metadata: { object: { species: 'maize' } } })
    await made('POST', `/v1/scans/${id}/filesets`, { id: 'images' })
    for (const [file, content] of Object.entries(files)) {
      const [name, ext] = file.split('.')
      await made('POST', `/v1/scans/${id}/filesets/images/files?id=${name}&ext=${ext}`, content, { 'content-type': 'application/octet-stream' })
    }
  }
  // A refreshed token is not fresh any more, and what is proved by it is old.
  const stale = (await running.refresh((await login(admin.username)).refresh_token)).body
  const limited = async (right: string): Promise<string> =>
    `Bearer ${(await made('POST', '/v1/api-tokens', { name: `${tag}-${right}`, expires_in: 3_600, datasets: { '*': [right] } })).token}`
  await made('POST', '/v1/groups', { name: `${tag}-group` })
  const token = await call('POST', '/v1/api-tokens', { token: ofUser.access_token, body: { name: tag, expires_in: 3_600, datasets: { '*': ['read', 'write', 'create'] } } })
  const { items: sessions } = await made('GET', '/v1/sessions')
  const pairing = await call('POST', '/oauth/device_authorization', { body: 'client_id=guardcell&device_name=fuzz' })

  return {
    holder,
    known: {
      users: [user.id],
      sessions: [other.session_id],
      'api-tokens': [token.body.id],
      keys: [app.keys.current.kid],
      scope: ['datasets:read', 'profile datasets:read datasets:write'],
      grant_type: ['password', 'refresh_token', 'client_credentials'],
      owner: [user.username],
      scan: scans,
      scan_id: scans,
      fileset: ['images'],
      fileset_id: ['images'],
      file: ['photo', 'one', 'cloud'],
      key: ['object', 'species'],
      id: [user.id, sessions[0].id, token.body.id, 'images', 'one', ...scans],
      name: [`${tag}-group`],
      groups: [`${tag}-group`],
      username: [user.username, admin.username],
      user: [user.id],
      token: [other.access_token, other.refresh_token, token.body.id],
      kid: [app.keys.current.kid],
      password: [PASSWORD],
      current: [PASSWORD],
      refresh_token: [other.refresh_token, otherBound.refresh_token],
      user_code: [pairing.body.user_code]
    },
    credentials: {
      nobody: undefined,
      user: `Bearer ${ofUser.access_token}`,
      admin: `Bearer ${ofAdmin.access_token}`,
      stale: `Bearer ${stale.access_token}`,
      machine: `Bearer ${token.body.token}`,
      reader: await limited('read'),
      writer: await limited('write'),
      creator: await limited('create'),
      deleter: await limited('delete'),
      holder: `DPoP ${bound.access_token}`,
      stranger: `Bearer ${ofUser.access_token.slice(0, -4)}AAAA`
    }
  }
}
