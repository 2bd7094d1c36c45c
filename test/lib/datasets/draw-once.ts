// Draws a picture once, after a small one, and says by how many bytes the process grew at most.
import { readFileSync, writeFileSync } from 'node:fs'
import sharp from 'sharp'
import { restrictLibvips, toJpeg } from '#lib/datasets/jpeg.js'

restrictLibvips()
const [path = '', pixels = ''] = process.argv.slice(2)
const memory = (line: string): number => 1024 * Number(new RegExp(`^${line}:\\s+(\\d+)`, 'm').exec(readFileSync('/proc/self/status', 'utf8'))?.[1])
const source = readFileSync(path)
await toJpeg(await sharp({ create: { width: 9, height: 9, channels: 3, background: 'red' } }).png().toBuffer(), 9)
// Linux forgets the peak of the start (proc(5)).
writeFileSync('/proc/self/clear_refs', '5')
const before = memory('VmRSS')
await toJpeg(source, Number(pixels))
process.stdout.write(String(memory('VmHWM') - before))
