import { randomBytes } from 'node:crypto'
import { chmod, link, open, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolder } from '../boot/make-folder.js'
import { BootError } from '../boot-error.js'

/** What the master key is made from: key bytes as they are, or a passphrase that is stretched first. */
export type Secret =
  | { kind: 'bytes', bytes: Buffer }
  | { kind: 'passphrase', text: string }

const KEY_BYTES = 64
const PASSPHRASE_CHARACTERS = 16
const canonicalBase64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/

/**
 * Reads the text form of a secret.
 * @throws Error if it is too weak: HS512 needs at least 64 bytes (RFC 7518 section 3.2)
 */
export function readSecretText (text: string, source: string): Secret {
  if (text.startsWith('base64:')) return readBytes(text.slice(7), source)
  if ([...text].length < PASSPHRASE_CHARACTERS) throw new Error(`${source} is too short: a passphrase needs at least ${PASSPHRASE_CHARACTERS} characters`)
  return { kind: 'passphrase', text }
}

function readBytes (encoded: string, source: string): Secret {
  const standard = encoded.replace(/-/g, '+').replace(/_/g, '/')
  if (!canonicalBase64.test(standard)) throw new Error(`${source} is not valid base64`)
  const bytes = Buffer.from(standard, 'base64')
  if (bytes.length < KEY_BYTES) throw new Error(`${source} has ${bytes.length} bytes: at least ${KEY_BYTES} are needed`)
  return { kind: 'bytes', bytes }
}

/**
 * The secret of this installation: `JWT_SECRET_KEY` if it is set, else the file `STATE_DIR/secret`, which is
 * made here the first time (mode 0600). The file holds a valid `JWT_SECRET_KEY`, so it can be moved there.
 * @throws BootError if the folder cannot be written or the file is damaged
 */
export async function loadSecret ({ stateDir, given }: { stateDir: string, given: string | undefined }): Promise<Secret> {
  const file = join(stateDir, 'secret')
  try {
    if (given !== undefined) return readSecretText(given, 'JWT_SECRET_KEY')
    const text = await readIfPresent(file) ?? await createSecretFile(stateDir, file)
    return readSecretText(text.trim(), file)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new BootError([code === undefined ? message : `STATE_DIR: the secret ${file} cannot be read or written (${code})`], { cause: error })
  }
}

async function readIfPresent (file: string): Promise<string | undefined> {
  try {
    const found = await stat(file)
    // Opening a pipe would wait for whoever writes to it.
    if (!found.isFile()) throw new Error(`STATE_DIR: the secret ${file} is no file`)
    const { mode } = found
    if ((mode & 0o077) !== 0) await chmod(file, 0o600)
    return await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Linking a complete file into place lets exactly one of several starting replicas make the secret. */
async function createSecretFile (stateDir: string, file: string): Promise<string> {
  await makeFolder(stateDir, 0o700)
  const draft = join(stateDir, `secret.${randomBytes(6).toString('hex')}.tmp`)
  const text = `base64:${randomBytes(KEY_BYTES).toString('base64')}\n`
  try {
    const handle = await open(draft, 'wx', 0o600)
    await handle.writeFile(text)
    await handle.sync()
    await handle.close()
    await link(draft, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    await rm(draft, { force: true })
  }
  const folder = await open(stateDir, 'r')
  await folder.sync()
  await folder.close()
  return await readFile(file, 'utf8')
}
