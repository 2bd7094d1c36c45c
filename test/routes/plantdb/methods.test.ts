import t from 'tap'
import { start } from '../../support/app.js'

/** The methods of PlantDB's API, and of the older paths it had. */
const table = `
GET      /
GET      /health
GET      /refresh
GET,POST /login
POST     /logout
POST     /register
POST     /token-validation
POST     /token-refresh
POST     /create-api-token
GET      /scans
GET      /scans_info
GET,POST /scan/plant
GET,POST /scan/plant/metadata
GET      /scan/plant/filesets
POST     /fileset/plant/images
GET,POST /fileset/plant/images/metadata
GET      /fileset/plant/images/files
GET,POST /file/plant/images/leaf
GET,POST /file/plant/images/leaf/metadata
GET      /files/plant/images/leaf.jpg
POST     /files/plant
GET      /image/plant/images/leaf
GET      /pointcloud/plant/cloud/cloud
GET      /pcGroundTruth/plant/cloud/cloud
GET      /mesh/plant/mesh/mesh
GET      /skeleton/plant
GET      /sequence/plant
GET,POST /archive/plant
POST     /api/scan
GET,POST /api/scan/plant/metadata
GET      /api/scan/plant/filesets
POST     /api/fileset
GET,POST /api/fileset/plant/images/metadata
GET      /api/fileset/plant/images/files
POST     /api/file
GET,POST /api/file/plant/images/leaf/metadata
GET,POST /scans/plant
`

t.test('PlantDB\'s paths have PlantDB\'s methods, and no others', async t => {
  const { call } = await start(t)
  const rows = table.trim().split('\n').map(line => line.split(/ +/) as [string, string])
  for (const [listed, path] of rows) {
    const methods = listed.split(',')
    const allowed = new Set(methods.includes('GET') ? [...methods, 'HEAD'] : methods)
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']) {
      const { status, headers, body } = await call(method, path)
      if (allowed.has(method)) {
        t.not(status, 405, `${method} ${path}`)
        continue
      }
      t.equal(status, 405, `${method} ${path}`)
      t.strictSame(String(headers.allow).split(', ').sort(), [...allowed, 'OPTIONS'].sort(), path)
      if (method !== 'HEAD') t.match(body, { status: 405, message: /\w/ }, path)
    }
  }
})
