// Run in a process of its own by check-folders.ts: prints the faults of the folders that it is given.
import { faultsOfFolders, type Folder } from './folders.js'

process.stdout.write(`${JSON.stringify(await faultsOfFolders(JSON.parse(process.argv[2] ?? '[]') as Folder[]))}\n`)
