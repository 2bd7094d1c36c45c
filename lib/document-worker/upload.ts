import type { DocumentBudget } from '../datasets/document-budget.js'
import { metadataText } from '../datasets/format/metadata-text.js'
import { metadataIn } from '../datasets/naming.js'
import { metadataInForm } from '../plantdb/metadata-field.js'

/** @property python whether they may be a dict as Python writes it */
interface Field { text: string, python: boolean, budget: DocumentBudget }

/** The text of the metadata of an uploaded file, of what came with it. @throws `invalid_request`, `metadata_too_large` */
export function metadataOfUpload ({ text, python, budget }: Field): string | undefined {
  if (text.trim() === '') return undefined
  const value = metadataIn(python ? metadataInForm(text, budget) : text, budget)
  return value && metadataText(value, budget)
}
