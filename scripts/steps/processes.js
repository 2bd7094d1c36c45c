import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { isatty } from 'node:tty'
import { giveUp } from './say.js'

const SIGNALS = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 }
const PATIENCE_MS = 60_000

/** Whether a process lives; one that belongs to somebody else does as well. */
export function isAlive (pid) {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/** The number that a file holds, 0 if there is none. */
export function pidIn (file) {
  try {
    return Number.parseInt(readFileSync(file, 'utf8')) || 0
  } catch {
    return 0
  }
}

/** Waits without giving the event loop a turn: handlers of `exit` get none. */
export const block = ms => { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms) }

/**
 * Does something on every way out of this process. A signal ends it through the same handlers, until
 * somebody else begins to listen to that signal and ends it in better order.
 */
export function onWayOut (act) {
  process.prependListener('exit', act)
  for (const [signal, number] of Object.entries(SIGNALS)) {
    const listeners = process.listenerCount(signal) + 1
    process.on(signal, () => {
      if (process.listenerCount(signal) <= listeners) process.exit(128 + number)
    })
  }
}

/** Lets this process end although its window was closed: resetting the terminal, Node.js fails and spins for ever. */
export function mindTerminal () {
  const terminals = [0, 1, 2].filter(fd => isatty(fd))
  process.on('exit', () => {
    if (terminals.some(fd => !isatty(fd))) process.kill(process.pid, 'SIGKILL')
  })
}

/** Takes a lock file. @returns whether this process holds it now */
export function take (lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
    return pidIn(lock) === process.pid
  }
}

export const release = lock => rmSync(lock, { force: true })

/** Takes a lock file, after whoever holds it now. */
export function hold (lock) {
  for (let waited = 0; !take(lock); waited += 50) {
    const holder = pidIn(lock)
    if (holder !== 0 && !isAlive(holder)) release(lock)
    if (waited > PATIENCE_MS) giveUp(`Process ${holder} has been starting for a minute. If it is none of Guardcell's, remove this file and try again:`, '', `  ${lock}`)
    block(50)
  }
}
