import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { say } from './say.js'

const SILENCE_MS = 30_000

/** Whether there is a Redis behind a socket: 'none', 'silent', 'loading' or 'ready'. */
const probe = path => new Promise(resolve => {
  const socket = connect(path)
  const end = state => { socket.destroy(); resolve(state) }
  socket.setTimeout(1_000, () => end('silent'))
  socket.on('error', () => end('none'))
  socket.on('connect', () => socket.write('PING\r\n'))
  socket.on('data', data => end(data.toString().startsWith('+PONG') ? 'ready' : 'loading'))
})

/**
 * Waits until the Redis behind a socket is in one of these states: as long as it loads its data, but not
 * for one that stays silent or is gone.
 * @returns the state it was in last
 */
export async function settle (path, states, isGone = () => false) {
  let told = false
  for (let heard = Date.now(); ; await sleep(50)) {
    const state = await probe(path)
    if (states.includes(state) || isGone() || Date.now() - heard > SILENCE_MS) return state
    if (state !== 'loading') continue
    heard = Date.now()
    if (!told) say('Redis is loading its data')
    told = true
  }
}
