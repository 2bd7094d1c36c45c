import { readFile } from 'node:fs/promises'
import t from 'tap'

const read = (name: string): Promise<string> => readFile(new URL(`../../${name}`, import.meta.url), 'utf8')

t.test('what the image copies is not kept out of its context', async t => {
  const [dockerfile, ignore] = [await read('Dockerfile'), await read('.dockerignore')]
  const kept = new Set(ignore.split('\n').filter(line => line.startsWith('!')).map(line => line.slice(1)))
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, names = '']) => names.split(' '))
  t.ok(copied.includes('bin'))
  for (const name of copied) t.ok(kept.has(name), name)
})
