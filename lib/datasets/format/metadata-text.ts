import { fail } from '../../errors.js'
import { measureJson } from '../../json/measure.js'
import { stringify } from '../../json/exact.js'
import { rewriteJson } from '../../json/rewrite.js'
import { excessOf, type DocumentBudget } from '../document-budget.js'
import type { Metadata } from '../index-entry.js'

/**
 * New metadata as text, as PlantDB writes them; without the indentation where only that would be over the budget.
 * @param value may hold `RawJson`
 * @throws `metadata_too_large`
 */
export function metadataText (value: Metadata, budget: DocumentBudget): string {
  const text = compact(value, budget)
  return Buffer.byteLength(text) + measureJson(text).indentation > budget.bytes ? text : stringify(value, '    ')
}

/** The same of what was metadata before: what `rewriteJson` keeps is kept, as far as the budget allows. */
export function rewrittenMetadata (before: string, value: Metadata, budget: DocumentBudget, how: { keepsShown?: boolean } = {}): string {
  const text = compact(value, budget)
  const rewritten = rewriteJson(before, value, how)
  return excessOf(rewritten, budget) === undefined ? rewritten : text
}

function compact (value: Metadata, budget: DocumentBudget): string {
  const text = stringify(value)
  const excess = excessOf(text, budget)
  return excess === undefined ? text : fail('metadata_too_large', { errors: [{ path: '', message: excess }] })
}
