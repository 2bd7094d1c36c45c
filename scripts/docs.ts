// npm run docs: writes the documents that are made from the code. Needs a Redis at REDIS_URL for the route table.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildApp } from '#lib/app.js'
import { loadConfig } from '#lib/config/load.js'
import { auditTable, configDocument, errorsDocument, routesDocument, withTable } from './documents.js'

const stateDir = await mkdtemp(join(tmpdir(), 'guardcell-docs-'))
process.env.FASTIFY_AUTOLOAD_TYPESCRIPT = '1'
const app = await buildApp(loadConfig({ ...process.env, STATE_DIR: stateDir, LOG_LEVEL: 'error', REDIS_PREFIX: `docs-${process.pid}:` }))
await app.ready()
const file = (name: string) => new URL(`../docs/${name}`, import.meta.url)
const write = (name: string, text: string) => writeFile(file(name), text)
await write('audit.md', withTable(await readFile(file('audit.md'), 'utf8'), auditTable()))
await write('config.md', configDocument())
await write('errors.md', errorsDocument())
await write('routes.md', routesDocument(app))
await app.redis.del(`docs-${process.pid}:keys`, app.names.incidents)
await app.close()
await rm(stateDir, { recursive: true })
