import type { FastifyReply } from 'fastify'
import fp from 'fastify-plugin'
import type { Permit } from '#lib/datasets/commit/permit.js'
import type { OpenFile } from '#lib/datasets/open-file.js'
import type { Picture } from '#lib/datasets/pictures.js'
import { lettingGo } from '#lib/datasets/reclaim.js'
import { fail } from '#lib/errors.js'
import { answerContent } from '#lib/http/content.js'

/** A file that is open; without its digest where that would have to be worked out first. */
interface Content extends OpenFile { name: string, mediaType: string, digest?: string, permit: Permit }

declare module 'fastify' {
  interface FastifyReply {
    /** Sends a file or a picture, the part of it that is asked for, or word that it is still the same, as long as its caller may read it; a file is closed in any case. */
    sendContent: (content: Content | Picture) => Promise<FastifyReply>
  }
}

/** Everything of a content but how its bytes are had. */
const sizeOf = (content: Content | Picture): number => 'data' in content ? content.data.length : content.bytes

export default fp(async app => {
  app.decorateReply('sendContent', async function (this: FastifyReply, content) {
    const handle = 'handle' in content ? content.handle : undefined
    try {
      const { status, headers, range } = answerContent({ ...content, size: sizeOf(content) }, this.request)
      this.code(status).headers(headers).whilePermitted(content.permit)
      if (status === 416) return fail('range_not_satisfiable')
      if (range && 'data' in content) return await this.send(content.data.subarray(range.start, range.end + 1))
      if (range && handle) return await this.send(lettingGo(handle.createReadStream(range)))
      await handle?.close()
      // Nothing at all: of a JSON file, null would be serialized.
      return await this.send()
    } catch (error) {
      await handle?.close()
      throw error
    }
  })
}, { name: 'content', dependencies: ['permitted'] })
