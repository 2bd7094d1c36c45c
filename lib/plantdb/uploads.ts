import { fail } from '../errors.js'
import { demandContent, type Arrived, type Upload, type Wrapping } from '../datasets/upload.js'

/** The extensions of files that PlantDB takes. */
const extensions = new Set(['jpg', 'jpeg', 'png', 'tif', 'txt', 'json', 'ply', 'yaml', 'toml'])

const refuse = (path: string, message: string): never => fail('invalid_request', { errors: [{ path, message }] })

const extensionIn = (text: string | undefined): string => {
  if (text === undefined || text === '') return refuse('/ext', 'is needed')
  const bare = text.replace(/^\./, '')
  return extensions.has(bare.toLowerCase()) ? bare : refuse('/ext', `must be one of .${[...extensions].join(', .')}`)
}

/** What a form says of its file. @throws `invalid_request` */
export const saidIn = ({ ext, metadata }: Arrived['fields']): { ext: string, metadata: string | undefined } =>
  ({ ext: extensionIn(ext), metadata })

const asFile = ({ part }: Wrapping): void => {
  if (part !== 'file') refuse('/file', 'must be the part of the form that holds the file')
}

const asZip = ({ part, filename, mediaType }: Wrapping): void => {
  if (part !== 'zip_file') refuse('/zip_file', 'must be the part of the form that holds the archive')
  if (mediaType.split(';', 1)[0]?.trim().toLowerCase() !== 'application/zip') refuse('/zip_file', 'must have the media type application/zip')
  if (!/\.zip$/i.test(filename ?? '')) refuse('/zip_file', 'must have a name that ends in .zip')
}

/** A body that is the file itself. PlantDB knows no empty files. */
export const filledBody = (upload: Upload): Upload => ({
  take: async (sink, accept) => {
    const arrived = await upload.take(sink, accept)
    demandContent(arrived.received)
    return arrived
  }
})

/** A form whose part `file` is the file. */
export const fileForm = (upload: Upload): Upload => ({ take: sink => upload.take(sink, asFile) })

/** The same with `ext` and `metadata` beside it, as PlantDB takes them. */
export const describedFile = (upload: Upload): Upload => ({
  take: async sink => {
    const arrived = await fileForm(upload).take(sink)
    const { ext, metadata } = saidIn(arrived.fields)
    return { ...arrived, fields: { ext, ...(metadata === undefined ? {} : { metadata }) } }
  }
})

/** A form whose part `zip_file` is a ZIP by type and name. */
export const zipForm = (upload: Upload): Upload => ({ take: sink => upload.take(sink, asZip) })
