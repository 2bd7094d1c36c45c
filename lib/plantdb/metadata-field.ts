import { excessOf, type DocumentBudget } from '../datasets/document-budget.js'
import { fail } from '../errors.js'
import { stringify } from '../json/exact.js'
import { checkJson } from '../json/read.js'
import { parsePython } from './python-literal.js'

const isJson = (text: string): boolean => {
  try {
    checkJson(text)
    return true
  } catch {
    return false
  }
}

/** Metadata of a form as JSON, whether they came so or as a Python dict. @throws `invalid_request`, `metadata_too_large` */
export function metadataInForm (text: string, budget: DocumentBudget): string {
  if (excessOf(text, budget) === undefined && isJson(text)) return text
  // Texts of Python stand between either kind of quotation marks.
  const excess = excessOf(text, budget, '\'"')
  return excess === undefined ? stringify(parsePython(text)) : fail('metadata_too_large', { errors: [{ path: '/metadata', message: excess }] })
}
