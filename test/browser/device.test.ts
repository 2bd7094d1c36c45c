import { existsSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { chromium, type Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { PASSWORD, start } from '../support/app.js'
import { basic, newClient } from '../support/oauth.js'
import { begin, form, poll, wordOf, type Grant } from '../support/pairing.js'

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium'

const skip = existsSync(CHROMIUM) ? false : `there is no browser at ${CHROMIUM}: install chromium, or say where it is in CHROMIUM`

/** What a page would leave behind for the next one in the same browser. */
const kept = (page: Page): Promise<string> => page.evaluate('JSON.stringify([localStorage, sessionStorage, document.cookie, location.href])')

async function openPhone (t: Test) {
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-background-networking'] })
  t.teardown(() => browser.close())
  const context = await browser.newContext({ viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true })
  const page = await context.newPage()
  const faults: string[] = []
  page.on('pageerror', error => faults.push(error.message))
  page.on('console', message => { if (/policy|refused/i.test(message.text())) faults.push(message.text()) })
  return { page, faults }
}

t.test('a user approves and denies devices on the page, with a telephone', { skip }, async t => {
  const scanner = newClient('scanner', { name: 'Scanner of hall 2', grant_types: ['urn:ietf:params:oauth:grant-type:device_code'], scope: 'datasets:read' })
  const running = await start(t, { OAUTH_CLIENTS: JSON.stringify([scanner.entry]) })
  await running.createUser('maker', { roles: ['contributor'] })
  await running.app.listen({ host: '127.0.0.1', port: 0 })
  const { page, faults } = await openPhone(t)
  const { token } = { token: (await running.login('maker')).access_token }
  const sessions = async (): Promise<number> => (await running.call('GET', '/v1/sessions', { token })).body.items.length

  const { body: device } = await begin(running, { device_name: '<b>Camera</b> 3', datasets: 'cam_*/write,create' })
  await page.goto(`http://127.0.0.1:${(running.app.server.address() as AddressInfo).port}/device#${device.user_code}`)
  t.equal(await page.getByLabel('Code on the device').inputValue(), device.user_code, 'the code of the link is entered, and waits for the user')
  t.notOk(page.url().includes(device.user_code))

  await page.getByLabel('User name').fill('maker')
  await page.getByLabel('Password').fill('wrong')
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('alert').getByText('The user name or the password is not right.').waitFor()
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('heading', { name: 'Is this your device?' }).waitFor()
  t.match(await page.locator('dl').innerText(), new RegExp(`${device.user_code}[^]*<b>Camera</b> 3[^]*127\\.0\\.0\\.1`))
  t.notMatch(await page.locator('dl').innerText(), 'proven', 'it is a device of nobody')
  t.ok(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), 'nothing is wider than the screen')

  t.equal(await page.getByLabel('Ids').inputValue(), 'cam_*', 'what the device wishes for is suggested')
  t.strictSame(await Promise.all(['Read', 'Upload and change', 'Create scans'].map(name => page.getByLabel(name).isChecked())), [false, true, true])
  await page.getByLabel('Create scans').uncheck()
  await page.getByLabel('Name of the device').fill('Bench 3')
  t.equal(await sessions(), 2)
  const signedOut = page.waitForResponse(response => response.url().endsWith('/v1/auth/logout'))
  await page.getByRole('button', { name: 'Approve' }).click()
  await page.getByRole('heading', { name: 'Approved' }).waitFor()
  t.match((await poll(running, device.device_code)).body as Grant, { token_type: 'Bearer', datasets: 'cam_*/write' })
  t.match((await running.call('GET', '/v1/api-tokens', { token })).body.items, [{ name: 'Bench 3', datasets: { 'cam_*': ['write'] } }])
  t.equal((await signedOut).status(), 204)
  t.equal(await sessions(), 1, 'the page has signed out')
  t.notMatch(await kept(page), /eyJ/, 'and keeps no token')

  const { body: stranger } = await begin(running)
  await page.getByRole('button', { name: 'Pair another device' }).click()
  await page.getByLabel('Code on the device').fill(stranger.user_code.toLowerCase().replace('-', ''))
  await page.getByLabel('User name').fill('maker')
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('button', { name: 'Deny' }).click()
  await page.getByRole('heading', { name: 'Denied' }).waitFor()

  const { body: registered } = await running.call('POST', '/oauth/device_authorization', { body: form({ device_name: 'Scanner' }), headers: basic(scanner.id, scanner.secret) })
  await page.getByRole('button', { name: 'Pair another device' }).click()
  await page.getByLabel('Code on the device').fill(registered.user_code)
  await page.getByLabel('User name').fill('maker')
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByText('It has proven to be').waitFor()
  t.match(await page.locator('dl').innerText(), /calls itself\s+Scanner\n[^]*proven to be\s+Scanner of hall 2\n/)
  t.equal(wordOf(await poll(running, stranger.device_code)), 'access_denied')
  t.strictSame(faults, [], 'the policy of the page lets it do all of that')
})

t.test('a sign-in that has grown too old is asked for again, and the device waits', { skip }, async t => {
  const running = await start(t, { SESSION_TIMEOUT: '3600', AUTH_MAX_AGE: '60' })
  await running.createUser('maker', { roles: ['contributor'] })
  await running.app.listen({ host: '127.0.0.1', port: 0 })
  const { page } = await openPhone(t)
  const { body: device } = await begin(running, { device_name: 'Camera 3', datasets: 'cam_*/write' })
  await page.goto(`http://127.0.0.1:${(running.app.server.address() as AddressInfo).port}/device#${device.user_code}`)
  const signIn = async (): Promise<void> => {
    await page.getByLabel('User name').fill('maker')
    await page.getByLabel('Password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByRole('heading', { name: 'Is this your device?' }).waitFor()
  }
  await signIn()
  running.clock.advance(61)
  await page.getByRole('button', { name: 'Approve' }).click()
  await page.getByRole('alert').getByText('Sign in again; the device still waits.').waitFor()
  await signIn()
  await page.getByRole('button', { name: 'Approve' }).click()
  await page.getByRole('heading', { name: 'Approved' }).waitFor()
  t.equal(wordOf(await poll(running, device.device_code)), 'token')
})
