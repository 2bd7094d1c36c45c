import { execFileSync } from 'node:child_process'
import { chmod, mkdir, readdir, stat, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { faultsOfFolders, foldersOf, type Folder } from '#lib/boot/folders.js'
import { makeFolder } from '#lib/boot/make-folder.js'
import { loadConfig } from '#lib/config/load.js'
import { loadSecret } from '#lib/keys/secret.js'

const folder = (path: string, setting = 'DATA_DIR'): Folder => ({ setting, path, mode: 0o700 })
const noProc = process.platform === 'linux' ? false : 'there is no /proc here'

t.test('what is missing of a path is made, for its owner alone where that is asked for', async t => {
  const root = t.testdir()
  t.strictSame(await faultsOfFolders([folder(join(root, 'a/b/c')), { ...folder(join(root, 'd')), writes: '.own' }]), [])
  for (const made of ['a', 'a/b', 'a/b/c', 'd', 'd/.own']) t.equal((await stat(join(root, made))).mode & 0o777, 0o700, made)
  t.strictSame([await readdir(join(root, 'a/b/c')), await readdir(join(root, 'd')), await readdir(join(root, 'd/.own'))], [[], ['.own'], []], 'nothing is left of the trial')
  await Promise.all(Array.from({ length: 20 }, () => makeFolder(join(root, 'e/f/g/h'))))
  t.strictSame(await readdir(join(root, 'e/f/g')), ['h'], 'several may make it at the same moment')
})

t.test('what keeps a folder from being used is named', { skip: noProc }, async t => {
  const root = t.testdir({ file: '' })
  await symlink(join(root, 'nowhere/at/all'), join(root, 'link'))
  const cases: Array<[path: string, reason: string]> = [
    ['/proc/x/y/z', 'ENOENT: no folder can be made in /proc'],
    [join(root, 'file'), 'ENOTDIR'],
    [join(root, 'file/below'), 'ENOTDIR'],
    [join(root, 'link'), `ENOENT: no folder can be made in ${root}`]
  ]
  for (const [path, reason] of cases) t.strictSame(await faultsOfFolders([folder(path)]), [`DATA_DIR: the folder ${path} cannot be made or written (${reason})`])
  t.strictSame(await faultsOfFolders([folder('/proc/x', 'STATE_DIR'), folder('/proc/x/datasets'), folder('/proc/xy')]),
    ['STATE_DIR', 'DATA_DIR'].map((setting, i) => `${setting}: the folder /proc/${['x', 'xy'][i]} cannot be made or written (ENOENT: no folder can be made in /proc)`), 'of one inside another only the outer one')
})

t.test('a folder that may not be written to is refused', { skip: process.getuid?.() === 0 ? 'root may write anywhere' : false }, async t => {
  const root = t.testdir()
  await chmod(root, 0o500)
  t.strictSame(await faultsOfFolders([folder(root)]), [`DATA_DIR: the folder ${root} cannot be made or written (EACCES)`])
})

t.test('which folders a configuration needs', async t => {
  const settings = (env: Record<string, string>): string[] => foldersOf(loadConfig({ STATE_DIR: '/state', ...env })).map(({ setting, path }) => `${setting} ${path}`)
  const secret = { JWT_SECRET_KEY: 'a passphrase of a lab' }
  t.strictSame(settings({}), ['STATE_DIR /state', 'STATE_DIR /state/datasets'])
  t.strictSame(settings({ DATA_DIR: '/data' }), ['STATE_DIR /state', 'DATA_DIR /data'])
  t.strictSame(settings({ DATA_DIR: '/data', ...secret }), ['STATE_DIR /state', 'DATA_DIR /data'], 'mails become files there')
  t.strictSame(settings({ DATA_DIR: '/data', ...secret, NODE_ENV: 'production' }), ['DATA_DIR /data'])
  t.strictSame(settings({ DATA_DIR: '/data', ...secret, MAIL_URL: 'smtp://mail.example' }), ['DATA_DIR /data'])
})

t.test('a secret that is a pipe is refused instead of being waited for', async t => {
  const stateDir = t.testdir()
  execFileSync('mkfifo', [join(stateDir, 'secret')])
  await t.rejects(loadSecret({ stateDir, given: undefined }), { name: 'BootError', message: `STATE_DIR: the secret ${join(stateDir, 'secret')} is no file` })
  await mkdir(join(stateDir, 'other/secret'), { recursive: true })
  await t.rejects(loadSecret({ stateDir: join(stateDir, 'other'), given: undefined }), { name: 'BootError', message: /is no file$/ })
})
