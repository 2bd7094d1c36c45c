/* global document, fetch, FormData, history, location, window */
// Takes the token out of the address, shows the form for its kind, and sends it to the service.

const kinds = {
  reset: {
    title: 'Choose a new password',
    hint: 'All your sessions end; sign in again with the new password afterwards.',
    path: 'v1/auth/password/reset',
    body: (token, fields) => ({ token, new: fields.new }),
    done: 'The new password is set. You can sign in with it now.'
  },
  verify: {
    title: 'Confirm your e-mail address',
    hint: 'Confirm that you read the mails to the address that this link was sent to.',
    path: 'v1/auth/email/verify',
    body: token => ({ token }),
    done: 'Your e-mail address is confirmed.'
  },
  invitation: {
    title: 'Make your account',
    hint: 'You are invited to make an account here.',
    path: 'v1/auth/register',
    body: (invitation, { username, fullname, email, password }) => ({ invitation, username, fullname, password, ...(email === '' ? {} : { email }) }),
    done: 'The account is made. You can sign in now.'
  }
}

const element = id => document.getElementById(id)

function say (text, refused) {
  element('outcome').textContent = text
  element('outcome').classList.toggle('refused', refused)
}

async function answerOf (response) {
  if (response.ok) return undefined
  const problem = await response.json().catch(() => ({}))
  const members = (problem.errors ?? []).map(({ path, message }) => `${path.slice(1)} ${message}`)
  return [problem.detail ?? 'The service cannot be reached; try again in a moment.', ...members].join(' ')
}

async function send (kind, token, form) {
  const fields = Object.fromEntries(new FormData(form))
  if ('again' in fields && fields.again !== (fields.new ?? fields.password)) return say('The two passwords are not the same.', true)
  const button = form.querySelector('button')
  button.disabled = true
  say('', false)
  const refusal = await fetch(kind.path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(kind.body(token, fields)),
    credentials: 'omit',
    cache: 'no-store'
  }).then(answerOf, () => 'The service cannot be reached; try again in a moment.')
  button.disabled = false
  if (refusal !== undefined) return say(refusal, true)
  form.hidden = true
  element('hint').hidden = true
  say(kind.done, false)
}

function open () {
  const given = new URLSearchParams(location.hash.slice(1))
  const [name, token] = [given.get('kind'), given.get('token')]
  const kind = Object.hasOwn(kinds, name ?? '') ? kinds[name] : undefined
  // Neither the history nor whoever looks over a shoulder shall have it.
  if (location.hash !== '') history.replaceState(null, '', location.pathname)
  for (const form of document.forms) form.hidden = form.id !== name
  element('hint').hidden = false
  say('', false)
  if (!kind || !token) {
    element('hint').textContent = 'This page opens the links in mails. Open one of them again.'
    return
  }
  document.title = `${kind.title} · Guardcell`
  element('title').textContent = kind.title
  element('hint').textContent = kind.hint
  const form = element(name)
  form.onsubmit = event => {
    event.preventDefault()
    send(kind, token, form)
  }
  element('title').focus()
}

window.addEventListener('hashchange', () => { if (location.hash !== '') open() })
open()
