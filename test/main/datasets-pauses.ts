import { setTimeout as sleep } from 'node:timers/promises'
import type { Program } from './process.js'

const between = (least: number, most: number): number => least + Math.random() * (most - least)

const pick = <T>(all: readonly T[]): T => all[Math.floor(Math.random() * all.length)]!

interface Pauses { /** Milliseconds. */ runs: [number, number], stops: [number, number], isOver: () => boolean }

/** Stops one of several processes at a time, at random moments, and lets it go on. @returns how often */
export async function pause (programs: readonly Program[], { runs, stops, isOver }: Pauses): Promise<number> {
  let count = 0
  for (; !isOver(); count++) {
    await sleep(between(...runs))
    const program = pick(programs)
    program.kill('SIGSTOP')
    await sleep(between(...stops))
    program.kill('SIGCONT')
  }
  return count
}
