// The page on which a user approves a device. The access token lives in a variable of this module only; it is
// never stored or put into an address, and its session ends with the page.

const at = id => document.getElementById(id)
// The page may lie behind a prefix of a proxy.
const base = new URL('.', document.baseURI)

let token
let code

class Refusal extends Error {
  constructor (status, { code, message, errors = [] }) {
    super([message, ...errors.map(error => `It ${error.message}.`)].join(' '))
    this.needsSignIn = status === 401 || code === 'fresh_authentication_required'
  }
}

async function call (path, body, options = {}) {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) }
  const response = await fetch(new URL(path, base), { method: 'POST', credentials: 'omit', headers, body: JSON.stringify(body), ...options })
    .catch(() => { throw new Error('The service cannot be reached. Try again in a moment.') })
  if (response.status === 204) return undefined
  const answer = await response.json().catch(() => ({ message: 'The service gave an answer that this page does not understand.' }))
  if (response.ok) return answer
  throw new Refusal(response.status, answer)
}

function say (text) {
  at('message').textContent = text
  at('message').hidden = text === ''
  if (text !== '') at('message').scrollIntoView({ block: 'nearest' })
}

function show (step, heading) {
  for (const name of ['identify', 'decide', 'done']) at(name).hidden = name !== step
  if (heading) at(heading).focus()
}

function askForSignIn (isNeeded) {
  at('sign-in').hidden = !isNeeded
  for (const input of at('sign-in').querySelectorAll('input')) input.disabled = !isNeeded
}

/** Does one thing at a time, and says what went wrong with it. */
async function attempt (work) {
  const buttons = [...document.querySelectorAll('button')].filter(button => !button.disabled)
  for (const button of buttons) button.disabled = true
  say('')
  try {
    await work()
  } catch (error) {
    if (error.needsSignIn && token) {
      signOut()
      show('identify')
      say('Your sign-in is over. Sign in again; the device still waits.')
    } else say(error.message)
  } finally {
    for (const button of buttons) button.disabled = false
  }
}

async function signIn () {
  if (token) return
  const { access_token: access } = await call('v1/auth/login', { username: at('username').value, password: at('password').value, device: 'Pairing page' })
  token = access
  at('password').value = ''
  askForSignIn(false)
}

function signOut () {
  if (!token) return
  call('v1/auth/logout', {}, { keepalive: true }).catch(() => {})
  token = undefined
  askForSignIn(true)
}

function addRow (glob, permissions) {
  const row = at('row').content.firstElementChild.cloneNode(true)
  row.querySelector('.glob').value = glob
  for (const box of row.querySelectorAll('[type=checkbox]')) box.checked = permissions.includes(box.value)
  row.querySelector('.remove').addEventListener('click', () => row.remove())
  at('rows').append(row)
  return row
}

function ask (device) {
  code = device.user_code
  at('shown-code').textContent = code
  at('device-name').textContent = device.device_name ?? 'nothing'
  at('client-name').textContent = device.client_name
  for (const part of document.querySelectorAll('.client')) part.hidden = device.client_name === null
  at('address').textContent = device.address
  at('requested').textContent = new Date(device.requested_at).toLocaleString()
  at('token-name').value = device.device_name ?? ''
  at('rows').replaceChildren()
  const wishes = Object.entries(device.datasets)
  for (const [glob, permissions] of wishes) addRow(glob, permissions)
  if (wishes.length === 0) addRow('', device.scope.split(' ').map(scope => scope.replace('datasets:', '')))
  show('decide', 'question')
}

function chosen () {
  const datasets = new Map()
  for (const row of at('rows').children) {
    const glob = row.querySelector('.glob').value
    const permissions = [...row.querySelectorAll(':checked')].map(box => box.value)
    if (permissions.length === 0) throw new Error(`Tick what the device may do with ${glob}.`)
    datasets.set(glob, [...new Set([...datasets.get(glob) ?? [], ...permissions])])
  }
  return Object.fromEntries(datasets)
}

function finish (outcome, advice) {
  signOut()
  at('outcome').textContent = outcome
  at('advice').textContent = advice
  show('done', 'outcome')
}

/** The code of a link that the device showed; it is entered, and the user goes on from there. */
function takeCodeFromAddress () {
  const found = new URLSearchParams(window.location.search).get('user_code') ?? window.location.hash.slice(1).replace('user_code=', '')
  if (!found) return
  at('code').value = found
  window.history.replaceState(null, '', window.location.pathname)
  at('username').focus()
}

at('identify').addEventListener('submit', event => {
  event.preventDefault()
  attempt(async () => {
    await signIn()
    ask(await call('v1/devices/lookup', { user_code: at('code').value }))
  })
})

at('decide').addEventListener('submit', event => {
  event.preventDefault()
  attempt(async () => {
    const { name } = await call('v1/devices/approve', { user_code: code, name: at('token-name').value, datasets: chosen(), expires_in: Number(at('expiry').value) })
    finish('Approved', `The device fetches its token within some seconds. It is called "${name}" in your list of API tokens, where you can withdraw it at any time.`)
  })
})

at('deny').addEventListener('click', () => {
  attempt(async () => {
    await call('v1/devices/deny', { user_code: code })
    finish('Denied', 'The device gets nothing.')
  })
})

at('add').addEventListener('click', () => addRow('', []).querySelector('.glob').focus())

at('again').addEventListener('click', () => {
  say('')
  at('code').value = ''
  show('identify', 'code')
})

window.addEventListener('pagehide', signOut)
window.addEventListener('hashchange', takeCodeFromAddress)
takeCodeFromAddress()
