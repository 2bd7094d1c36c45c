import { createEmails } from '../accounts/emails.js'
import type { RedisClient } from '../redis/connect.js'
import type { KeyNames } from '../redis/names.js'
import { defineScript, type Fields } from '../redis/script.js'
import { isSealed } from '../sealing/seal.js'
import type { Sealing } from '../sealing/service.js'
import { placesOf } from './places.js'

interface Parts { redis: RedisClient, names: KeyNames, sealing: Sealing }

/**
 * Seals anew all that former secrets have sealed for a user and that can be written again: e-mail address and its
 * place in the index, devices of sessions, addresses in invitations. What cannot, the streams of the audit log, stays
 * readable by the user's former key, which is kept in the account. Repeating it changes nothing.
 */
export function createResealUser ({ redis, names, sealing }: Parts): (user: string) => Promise<void> {
  const reseal = defineScript(redis, new URL('./lua/reseal.lua', import.meta.url))
  const emails = createEmails({ redis, names, sealing })

  const rest = async (user: string, { salt = '', former = '' }: Fields): Promise<void> => {
    // What is remembered of the user may not know the field as it is now, neither before nor after.
    sealing.forget(user)
    const places = await placesOf({ redis, base: names.user(user), seal: await sealing.forUser(user), isFormer: sealing.isFormer })
    await reseal(names.user(user), former, sealing.former(user, salt, former), ...places.flatMap(({ hash, field, before, after }) => [hash, field, before, after]))
    sealing.forget(user)
  }

  return async user => {
    const fields = await redis.hgetall(`${names.user(user)}:user`)
    // Without a salt nothing was ever sealed.
    if (fields.id === undefined || fields.deleted !== undefined || fields.salt === undefined) return
    const { email = '' } = fields
    if (isSealed(email) && sealing.isFormer(email)) await emails.reseal(user, fields)
    await rest(user, fields)
  }
}
