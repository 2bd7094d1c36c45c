import type { DocumentBudgets } from '#lib/datasets/document-budget.js'
import type { QuotaLimits } from '#lib/datasets/quotas.js'

/** The budgets of documents by default. */
export const budgets: DocumentBudgets = {
  metadata: { bytes: 2 ** 20, values: 100_000, settings: 'METADATA' },
  listing: { bytes: 64 * 2 ** 20, values: 400_000, settings: 'FILES_JSON' }
}

/** The quotas of accounts by default. */
export const quotas: QuotaLimits = { scans: 20_000, metadata: 256 * 2 ** 20, uploads: 200 }
