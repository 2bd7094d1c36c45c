/** What is going on, for whoever waits at the terminal. */
export const say = text => process.stdout.write(`» ${text}\n`)

/** Why it cannot go on, and what to do; ends the process. */
export function giveUp (...lines) {
  process.stderr.write(`\n${lines.join('\n')}\n\n`)
  process.exit(1)
}
