import t from 'tap'
import { startLab } from '../../support/datasets.js'
import { listen, sendRaw } from '../../support/raw-http.js'

for (const prefix of ['', '/plantdb']) {
  t.test(`slashes at the front of a path count as one, under "${prefix}"`, async t => {
    const { app, admin, createFiles } = await startLab(t, prefix === '' ? {} : { PLANTDB_API_PREFIX: prefix })
    await createFiles('plant', { 'a.json': '{"a":1}' })
    const port = await listen(app)
    const authorization = `Bearer ${admin}`
    const slashes = ['/', '//', '////']
    for (const front of ['', '/', '///']) {
      for (const inner of slashes) {
        for (const path of ['scans', 'scan/plant/metadata', 'file/plant/images/a', 'files/plant/images/a.json', 'health']) {
          t.equal((await sendRaw(port, 'GET', `${front}${prefix}${inner}${path}`, { authorization })).status, 200, `${front}${prefix}${inner}${path}`)
        }
      }
      t.equal((await sendRaw(port, 'PUT', `${front}${prefix}/scans`, { authorization })).status, 405)
    }
    t.equal((await sendRaw(port, 'GET', `//${prefix === '' ? 'scan' : 'x'}//plant`, { authorization })).status, 404, 'inside of a path they are not')
    t.equal((await sendRaw(port, 'GET', '//evil.example/scans', { authorization })).status, 404)
    for (const path of ['//v1/scans', '//metrics', '/v1//scans']) t.equal((await sendRaw(port, 'GET', path, { authorization })).status, 404, `${path} is a path of our own`)
    t.equal((await sendRaw(port, 'GET', `/${prefix}/scans?fuzzy=//`, { authorization })).status, 200)
  })
}
