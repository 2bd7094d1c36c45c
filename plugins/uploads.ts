import multipart from '@fastify/multipart'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { AppOptions } from '#lib/app-options.js'
import type { Upload } from '#lib/datasets/upload.js'
import { multipartUpload, rawUpload, type Part } from '#lib/http/upload.js'

declare module 'fastify' {
  interface FastifyInstance {
    /** Has the routes of this scope take files as they come, of any type, each as the body or in a form. */
    acceptUploads: (this: FastifyInstance) => Promise<void>
  }
  interface FastifyContextConfig {
    /** The route takes files, which may take their time. */
    upload?: true
  }
  interface FastifyRequest {
    /** The file that comes with the request; nothing of it is read before it is taken. */
    upload: () => Upload
  }
}

/** Bytes of a text in a form, at least. */
const LEAST_FIELD = 2 ** 20
const limits = { fields: 20, fieldNameSize: 100, files: 2, parts: 22, fileSize: Infinity, headerPairs: 50 }

export default fp<AppOptions>(async (app, { config }) => {
  const pause = config.REQUEST_TIMEOUT * 1000
  app.decorate('acceptUploads', async function (this: FastifyInstance) {
    this.addHook('onRoute', route => { route.config = { ...route.config, upload: true } })
    this.removeAllContentTypeParsers()
    this.addContentTypeParser('*', (_request, _payload, done) => { done(null) })
    await this.register(multipart, { limits: { ...limits, fieldSize: Math.max(LEAST_FIELD, config.METADATA_MAX_BYTES) }, throwFileSizeLimit: true })
  })
  app.decorateRequest('upload', function () {
    const isForm = /^multipart\/form-data\b/i.test(this.headers['content-type'] ?? '')
    return isForm ? multipartUpload(this.raw, pause, () => this.parts() as AsyncIterable<Part>) : rawUpload(this.raw, pause)
  })
}, { name: 'uploads' })
