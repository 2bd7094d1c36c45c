import { basename } from 'node:path'
import type { Accounts } from '../accounts/service.js'
import type { AccountStore } from '../accounts/store.js'
import type { Datasets } from '../datasets/service.js'
import type { Limit } from '../limits/limit.js'
import type { Sessions } from '../sessions/service.js'
import type { ApiTokens } from '../api-tokens/service.js'
import { home } from './home.js'
import { createListings, type Listings } from './listings.js'
import { createPlantDBMetadata, type PlantDBMetadata } from './metadata.js'
import { createRefreshing, type Refreshing } from './refreshing.js'
import { createResults, type Results } from './results.js'
import { createPlantDBModels, type PlantDBModels } from './models.js'
import { createPlantDBScans, type PlantDBScans } from './scans.js'
import type { Health, Home } from './schema.js'
import { createSigningIn, type SigningIn } from './signing-in.js'
import { createTakingIn, type TakingIn } from './taking-in.js'
import { createTokenIssuing, type IssueToken } from './token-issuing.js'

/** The services in the shapes of PlantDB's REST API. */
export interface PlantDB {
  home: Home
  /** @throws `datasets_indexing` */
  health: () => Health
  /** Whether it is told if a user name exists. */
  namesAreTold: boolean
  signingIn: SigningIn
  issueToken: IssueToken
  refreshing: Refreshing
  scans: PlantDBScans
  listings: Listings
  metadata: PlantDBMetadata
  takingIn: TakingIn
  results: Results
  models: PlantDBModels
}

interface Parts {
  datasets: Datasets
  accounts: Accounts
  accountStore: AccountStore
  sessions: Sessions
  apiTokens: ApiTokens
  /** Makes a limit of calls by the minute. */
  limits: (kind: string, most: number) => Limit
  /** Before every path. */
  prefix: string
  namesAreTold: boolean
  warn: (details: object, message: string) => void
}

/** How often a minute. PlantDB's own limits would keep a laboratory behind one address out. */
const most = { refreshAll: 6, refreshOne: 60, names: 120 }

export function createPlantDB ({ datasets, accounts, accountStore, sessions, apiTokens, limits, prefix, namesAreTold, warn }: Parts): PlantDB {
  return {
    home,
    // Whoever asks for it need not sign in, so what only users may read is not counted.
    health: () => ({
      status: 'healthy',
      message: 'API is running correctly',
      database: { location: basename(datasets.root), scan_count: datasets.views.countForGuests() }
    }),
    namesAreTold,
    signingIn: createSigningIn({ accounts, store: accountStore, sessions, limit: limits('names', most.names) }),
    issueToken: createTokenIssuing(apiTokens),
    refreshing: createRefreshing({ datasets, limits: { all: limits('refresh all', most.refreshAll), one: limits('refresh one', most.refreshOne) } }),
    scans: createPlantDBScans({ datasets, prefix, warn }),
    listings: createListings(datasets),
    metadata: createPlantDBMetadata(datasets.metadata),
    takingIn: createTakingIn(datasets),
    results: createResults(datasets),
    models: createPlantDBModels(datasets.models)
  }
}
