import type { Home } from './schema.js'

/** The version of PlantDB whose routes these are. */
const SPOKEN = '0.15.0'

const endpoints = {
  'base endpoints': {
    '/': 'This overview',
    '/health': 'Whether the service works',
    '/refresh': 'Read the folder of the data sets again'
  },
  'authentication endpoints': {
    '/login': 'Sign in, or ask whether a user name exists',
    '/logout': 'End the session',
    '/register': 'Create an account',
    '/create-api-token': 'Issue a token for a machine, limited to some data sets',
    '/token-validation': 'Whether a token is good',
    '/token-refresh': 'Spend a refresh token for a new pair'
  },
  'scans endpoints': {
    '/scans': 'Ids of the scans',
    '/scans_info': 'The scans with what is shown of them',
    '/scan/<scan_id>': 'What is shown of a scan, or create it',
    '/scan/<scan_id>/metadata': 'Metadata of a scan',
    '/scan/<scan_id>/filesets': 'Ids of the filesets of a scan'
  },
  'filesets endpoints': {
    '/fileset/<scan_id>/<fileset_id>': 'Create a fileset',
    '/fileset/<scan_id>/<fileset_id>/metadata': 'Metadata of a fileset',
    '/fileset/<scan_id>/<fileset_id>/files': 'Ids of the files of a fileset'
  },
  'files endpoints': {
    '/file/<scan_id>/<fileset_id>/<file_id>': 'Content of a file, or create it',
    '/file/<scan_id>/<fileset_id>/<file_id>/metadata': 'Metadata of a file',
    '/files/<scan_id>/<path>': 'A file of a scan by its path'
  },
  'assets endpoints': {
    '/image/<scan_id>/<fileset_id>/<file_id>': 'A picture in several sizes',
    '/pointcloud/<scan_id>/<fileset_id>/<file_id>': 'A point cloud',
    '/pcGroundTruth/<scan_id>/<fileset_id>/<file_id>': 'A point cloud to compare with',
    '/mesh/<scan_id>/<fileset_id>/<file_id>': 'A mesh',
    '/skeleton/<scan_id>': 'The skeleton of the plant',
    '/sequence/<scan_id>': 'Angles and internodes of the plant',
    '/archive/<scan_id>': 'A scan as one ZIP'
  }
}

/** What there is, for whoever looks at the root. */
export const home: Home = {
  name: 'PlantDB REST API',
  description: 'RESTful API for querying PlantDB',
  'plantdb.commons': SPOKEN,
  'plantdb.server': SPOKEN,
  ...endpoints
}
