import t from 'tap'
import { clientKey, createAssertions } from '#lib/oauth/client-assertion.js'
import { newSigner } from '../../support/client-key.js'

t.test('an assertion is remembered until a replica whose clock is a minute behind refuses it, too', async t => {
  const [aud, signed, leeway] = ['https://lab.example', 1_700_000_000, 2]
  const signer = newSigner('scanner')
  const keys = [clientKey(signer.jwk)]
  const assertion = signer.assert({ aud, iat: signed, exp: signed + 10 })
  const checkAt = (time: number, isNew: (name: string, ms: number) => Promise<boolean>) =>
    createAssertions({ issuer: aud, isNew, now: () => time * 1000, leeway })(assertion, 'scanner', keys)

  const kept: number[] = []
  await checkAt(signed + 5, async (_name, ms) => {
    kept.push(ms / 1000)
    return true
  })
  const forgotten = signed + 5 + kept[0]!
  await t.rejects(checkAt(forgotten - 60, async () => true), { code: 'invalid_client', extras: { errors: [{ message: 'has expired' }] } })
})
