// Loaded by node --import: looking at the path in HANGING never returns, as on a network mount that is away. What
// waits is a real thread of Node, in the kernel, for somebody to open the pipe in HANGING_PIPE.
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

const { stat } = fs.promises
fs.promises.stat = async (path, ...rest) => path === process.env.HANGING ? await fs.promises.open(process.env.HANGING_PIPE) : await stat(path, ...rest)
syncBuiltinESMExports()
