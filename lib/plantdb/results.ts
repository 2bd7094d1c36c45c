import { fail } from '../errors.js'
import type { FilePlace } from '../datasets/file-changes.js'
import type { Content } from '../datasets/files.js'
import type { OpenFile } from '../datasets/open-file.js'
import type { Picture } from '../datasets/pictures.js'
import type { Actor } from '../datasets/rights.js'
import type { Datasets } from '../datasets/service.js'
import { checkJson, parseJson, strictJson } from '../json/read.js'
import { membersOf } from './read-json.js'
import type { Sequence, sequences } from './schema.js'
import { resultOf, tasksOf } from './tasks.js'
import { isYes } from './words.js'

/** A picture as text, for clients that take JSON only. */
interface PictureText { image: string, 'content-type': string }

/** Pictures of a scan, and what analyses have made of it. */
export interface Results {
  /** @param query of the size, and whether it is to be text @throws as `Pictures.open` */
  picture: (actor: Actor, place: FilePlace, query: { size?: string | undefined, as_base64?: string | undefined }) => Promise<Content | Picture | PictureText>
  /** @throws `fileset_not_found`, `file_not_found` */
  skeleton: (actor: Actor, scan: string) => Promise<Content | Picture>
  /** Angles and internodes along the stem, or one list of them. @throws `file_unreadable` and as above */
  sequence: (actor: Actor, scan: string, type: typeof sequences[number]) => Promise<Sequence | unknown[]>
}

/** Bytes of a document that is understood in the main thread. */
const LARGEST_DOCUMENT = 256 * 1024

/** The members of a JSON document, as `parseJson` has them; closes it. */
async function readMembers ({ handle, bytes }: OpenFile): Promise<Record<string, unknown>> {
  try {
    if (bytes > LARGEST_DOCUMENT) return fail('file_unreadable', { errors: [{ path: '', message: `has more than ${LARGEST_DOCUMENT} bytes` }] })
    return membersOf(parseJson(await handle.readFile('utf8')))
  } catch (error) {
    if (error instanceof SyntaxError) return fail('file_unreadable', { cause: error })
    throw error
  } finally {
    await handle.close()
  }
}

/** A document for clients that know JSON: the file itself, or what `strictJson` makes of it where Python has written words into it that are none. */
async function asJson (content: Content): Promise<Content | Picture> {
  const { handle, bytes, etag, modified, name, permit } = content
  try {
    const stored = bytes > LARGEST_DOCUMENT ? Buffer.alloc(0) : await handle.readFile()
    if (!stored.includes('NaN') && !stored.includes('Infinity')) return content
    const text = stored.toString()
    checkJson(text)
    await handle.close()
    return { data: Buffer.from(strictJson(text)), mediaType: 'application/json', etag: etag.replace(/"$/, '-json"'), modified, name, permit }
  } catch (error) {
    if (error instanceof SyntaxError) return content
    await handle.close()
    throw error
  }
}

const listIn = (value: unknown): unknown[] => Array.isArray(value) ? value : []

export function createResults ({ views, files, paths, pictures }: Datasets): Results {
  const open = async (actor: Actor, scan: string, task: string): Promise<Content> => {
    const view = await views.one(actor, scan)
    const tasks = tasksOf(view)
    if (!Object.hasOwn(tasks, task)) return fail('fileset_not_found')
    const { id } = resultOf(view, tasks, task) ?? fail('file_not_found')
    return await files.open(actor, { scan, fileset: tasks[task]!, file: id })
  }

  /** What somebody has measured by hand. */
  const manual = async (actor: Actor, scan: string): Promise<Pick<Sequence, 'manual_angles' | 'manual_internodes'>> => {
    if (!(await views.one(actor, scan)).holds('measures.json')) return {}
    const { angles, internodes } = await readMembers(await paths.open(actor, scan, 'measures.json'))
    return { manual_angles: listIn(angles), manual_internodes: listIn(internodes) }
  }

  return {
    picture: async (actor, place, { size, as_base64: asText }) => await pictures[isYes(asText) ? 'base64' : 'open'](actor, place, size),

    skeleton: async (actor, scan) => await asJson({ ...await open(actor, scan, 'CurveSkeleton'), mediaType: 'application/json' }),

    sequence: async (actor, scan, type) => {
      const { angles, internodes, fruit_points: points } = await readMembers(await open(actor, scan, 'AnglesAndInternodes'))
      const all: Sequence = { angles: listIn(angles), internodes: listIn(internodes), fruit_points: listIn(points), ...await manual(actor, scan) }
      return type === 'all' ? all : all[type] ?? []
    }
  }
}
