import type { AddressInfo } from 'node:net'
import { existsSync } from 'node:fs'
import { chromium, type Page } from 'playwright-core'
import t from 'tap'
import { start } from '../support/app.js'
import { startMailbox } from '../support/smtp.js'

const CHROMIUM = '/usr/bin/chromium'
const NEXT = 'a staple for the battery'

t.test('the page loads nothing of others and runs nothing but its script', async t => {
  const { app } = await start(t)
  for (const [url, type] of [['/link', 'text/html'], ['/link/script.js', 'text/javascript'], ['/link/style.css', 'text/css']] as const) {
    const { statusCode, headers, body } = await app.inject({ url, headers: { authorization: 'Bearer expired' } })
    t.equal(statusCode, 200)
    t.equal(headers['content-type'], `${type}; charset=utf-8`)
    t.match(headers['content-security-policy'], /^default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';.*frame-ancestors 'none'$/)
    t.notMatch(headers['content-security-policy'], /unsafe|\*|https?:/)
    t.match(headers, { 'referrer-policy': 'no-referrer', 'cross-origin-resource-policy': 'same-origin', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
    t.equal(headers['set-cookie'], undefined)
    t.notMatch(body, /https?:\/\/|<script>| style=| on\w+=/, url)
  }
})

t.test('people follow their links', { skip: existsSync(CHROMIUM) ? false : 'no browser' }, async t => {
  const mailbox = await startMailbox(t)
  const { app, call, login, createUser } = await start(t, { MAIL_URL: mailbox.url, REGISTRATION: 'invite' })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const origin = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-background-networking'] })
  t.teardown(() => browser.close())
  const page = await browser.newPage()
  const complaints: string[] = []
  page.on('console', message => { if (message.type() === 'error' && !message.text().includes('status of 4')) complaints.push(message.text()) })
  page.on('pageerror', error => { complaints.push(error.message) })

  const follow = async (page: Page, url: string): Promise<void> => {
    await page.goto('about:blank')
    await page.goto(url.replace('http://localhost:8080', origin))
    t.equal(page.url(), `${origin}/link`, 'the token leaves the address')
  }
  const reset = page.locator('#reset')
  const outcome = (page: Page, text: string) => page.getByRole('status').filter({ hasText: text }).waitFor()

  await createUser('ada', { email: 'ada@lab.example' })
  const session = await login('ada')
  await call('POST', '/v1/auth/email/verification', { token: session.access_token })
  await follow(page, (await mailbox.link('ada@lab.example')).url)
  await page.getByRole('button', { name: 'Confirm the address' }).click()
  await outcome(page, 'is confirmed')

  await call('POST', '/v1/auth/password/forgot', { body: { username: 'ada' } })
  const { url } = await mailbox.link('ada@lab.example')
  await follow(page, url)
  await reset.getByLabel('New password').fill('short')
  await reset.getByLabel('The same once more').fill(NEXT)
  await page.getByRole('button').click()
  await outcome(page, 'not the same')
  await reset.getByLabel('The same once more').fill('short')
  await page.getByRole('button').click()
  await outcome(page, 'shorter than')
  for (const label of ['New password', 'The same once more']) await reset.getByLabel(label).fill(NEXT)
  await page.getByRole('button').click()
  await outcome(page, 'You can sign in')
  t.equal((await login('ada', NEXT)).user.verified, true)
  await follow(page, url)
  for (const label of ['New password', 'The same once more']) await reset.getByLabel(label).fill(NEXT)
  await page.getByRole('button').click()
  await outcome(page, 'The link is not valid')

  const { body } = await call('POST', '/v1/invitations', { token: (await login('admin')).access_token, body: { email: 'kim@lab.example', roles: ['contributor'] } })
  await follow(page, body.url)
  for (const [label, value] of [['User name', 'kim'], ['Full name', 'Kim'], ['E-mail address', 'kim@lab.example'], ['Password', NEXT], ['The same once more', NEXT]] as const) {
    await page.locator('#invitation').getByLabel(label, { exact: true }).fill(value)
  }
  await page.getByRole('button').click()
  await outcome(page, 'The account is made')
  t.match((await login('kim', NEXT)).user, { roles: ['contributor'], verified: true })
  await follow(page, `${origin}/link`)
  t.equal(await page.getByRole('button').count(), 0, 'without a link there is nothing to send')
  t.strictSame(complaints, [])
})
