import { createHash } from 'node:crypto'

/** Its spaces can be read in one way only, so that many of them take no more time than they are long. */
const member = /[ \t]*(?:((?:W\/)?"[\x21\x23-\x7e\x80-\xff]*")[ \t]*)?(?:,|$)/y

const opaque = (etag: string): string => etag.replace(/^W\//, '')

/** The entity tags of a list (RFC 9110 section 5.6.1), quotes and `W/` included; none if it is malformed. */
function tagsOf (list: string): string[] {
  const tags: string[] = []
  member.lastIndex = 0
  while (member.lastIndex < list.length) {
    const found = member.exec(list)
    if (!found) return []
    if (found[1] !== undefined) tags.push(found[1])
  }
  return tags
}

/** Whether a list names nothing that could be compared: it has no entity tag and is no `*`. */
export const isMalformed = (list: string): boolean => list.trim() !== '*' && tagsOf(list).length === 0

/** The strong entity tag of what a text stands for. */
export const etagOf = (text: string): string => `"${createHash('sha256').update(text).digest('base64url').slice(0, 27)}"`

/**
 * Whether a list of `If-Match` or `If-None-Match` names an entity tag (RFC 9110 sections 8.8.3.2, 13.1.1, 13.1.2).
 *
 * @param list the value of the header; `*` matches whatever is there, a malformed one nothing
 * @param etag the current tag with its quotes, and with `W/` if it is weak
 * @param comparison a weak tag is never strongly equal, not even to itself
 */
export function matches (list: string, etag: string, comparison: 'strong' | 'weak'): boolean {
  if (list.trim() === '*') return true
  if (comparison === 'weak') return tagsOf(list).some(tag => opaque(tag) === opaque(etag))
  return !etag.startsWith('W/') && tagsOf(list).includes(etag)
}
