import type { IncomingHttpHeaders } from 'node:http'
import t, { type Test } from 'tap'
import { answerContent, type Content } from '#lib/http/content.js'
import { httpDate } from '#lib/http/date.js'
import { matches } from '#lib/http/etag.js'

const etag = '"v1"'
const modified = Date.UTC(2026, 2, 1, 12, 0, 0, 700)
const then = 'Sun, 01 Mar 2026 12:00:00 GMT'
const before = 'Sun, 01 Mar 2026 11:59:59 GMT'
const after = 'Sun, 01 Mar 2026 12:00:01 GMT'
const file: Content = { size: 1000, etag, modified, mediaType: 'image/jpeg', name: 'a.jpg' }

const get = (headers: IncomingHttpHeaders, content = file) => answerContent(content, { method: 'GET', headers })

/** The status, or the part as "start-end", or the code of the error. */
const outcome = (headers: IncomingHttpHeaders, content?: Content): string | number => {
  try {
    const { status, range } = get(headers, content)
    return status === 206 ? `${range!.start}-${range!.end}` : status
  } catch (error) {
    return (error as { code: string }).code
  }
}

const table = (t: Test, cases: Array<[IncomingHttpHeaders, string | number]>, content?: Content): void => {
  for (const [headers, expected] of cases) t.equal(outcome(headers, content), expected, JSON.stringify(headers))
}

t.test('everything, with all that describes it', async t => {
  const headers = {
    etag,
    'last-modified': then,
    'cache-control': 'private, no-cache',
    'accept-ranges': 'bytes',
    'content-type': 'image/jpeg',
    'content-disposition': 'inline; filename="a.jpg"',
    'content-security-policy': "default-src 'none'; sandbox",
    'content-length': '1000'
  }
  t.strictSame(get({}), { status: 200, headers, range: { start: 0, end: 999 } })
  t.strictSame(answerContent(file, { method: 'HEAD', headers: {} }), { status: 200, headers, range: null })
  t.strictSame(answerContent(file, { method: 'HEAD', headers: { range: 'bytes=0-1' } }), { status: 200, headers, range: null }, 'HEAD has no ranges')
  t.strictSame(get({}, { ...file, size: 0 }), { status: 200, headers: { ...headers, 'content-length': '0' }, range: null })
  t.strictSame(get({ range: 'bytes=10-19' }), { status: 206, headers: { ...headers, 'content-length': '10', 'content-range': 'bytes 10-19/1000' }, range: { start: 10, end: 19 } })
  t.strictSame(get({ range: 'bytes=1000-' }), { status: 416, headers: { 'accept-ranges': 'bytes', 'content-range': 'bytes */1000' }, range: null })
  t.strictSame(get({ 'if-none-match': etag }), { status: 304, headers: { etag, 'last-modified': then, 'cache-control': 'private, no-cache' }, range: null })
})

t.test('the digest of the representation is always said, that of the content where it is the same', async t => {
  const content = { ...file, digest: 'abc=' }
  t.match(get({}, content).headers, { 'content-digest': 'sha-256=:abc=:', 'repr-digest': 'sha-256=:abc=:' })
  t.match(answerContent(content, { method: 'HEAD', headers: {} }).headers, { 'content-digest': undefined, 'repr-digest': 'sha-256=:abc=:' })
  t.match(get({ range: 'bytes=0-0' }, content).headers, { 'content-digest': undefined, 'repr-digest': 'sha-256=:abc=:' })
  for (const headers of [{ 'if-none-match': etag }, { range: 'bytes=1000-' }]) t.notMatch(Object.keys(get(headers, content).headers).join(), 'digest')
})

t.test('ranges', async t => {
  table(t, [
    [{ range: 'bytes=0-0' }, '0-0'], [{ range: 'bytes=0-' }, '0-999'], [{ range: 'bytes=999-' }, '999-999'], [{ range: 'bytes=500-5000' }, '500-999'], [{ range: 'Bytes=1-2' }, '1-2'],
    [{ range: `bytes=1-${'9'.repeat(400)}` }, '1-999'],
    [{ range: 'bytes=-1' }, '999-999'], [{ range: 'bytes=-1000' }, '0-999'], [{ range: 'bytes=-5000' }, '0-999'],
    [{ range: 'bytes=1000-' }, 416], [{ range: 'bytes=1000-2000' }, 416], [{ range: 'bytes=-0' }, 416], [{ range: `bytes=${'9'.repeat(400)}-` }, 416],
    [{ range: 'bytes=5-2' }, 200], [{ range: 'bytes=' }, 200], [{ range: 'bytes=-' }, 200], [{ range: 'bytes=a-b' }, 200], [{ range: 'bytes=1' }, 200], [{ range: 'bytes 1-2' }, 200], [{ range: 'bytes=1-2x' }, 200],
    [{ range: 'bytes=--1' }, 200], [{ range: 'bytes=0x1-2' }, 200], [{ range: 'items=1-2' }, 200], [{ range: '' }, 200],
    [{ range: 'bytes=0-1,3-4' }, 200], [{ range: 'bytes=0-1,' }, 200]
  ])
  table(t, [[{ range: 'bytes=0-' }, 200], [{ range: 'bytes=-1' }, 200], [{ range: 'bytes=5-6' }, 200]], { ...file, size: 0 })
})

t.test('If-Range', async t => {
  const range = 'bytes=0-1'
  table(t, [
    [{ range, 'if-range': etag }, '0-1'], [{ range, 'if-range': '"v0"' }, 200], [{ range, 'if-range': 'W/"v1"' }, 200],
    [{ range, 'if-range': then }, '0-1'], [{ range, 'if-range': before }, 200], [{ range, 'if-range': after }, 200], [{ range, 'if-range': 'yesterday' }, 200],
    [{ range: 'bytes=1000-', 'if-range': '"v0"' }, 200], [{ 'if-range': etag }, 200]
  ])
  table(t, [[{ range, 'if-range': 'W/"v1"' }, 200]], { ...file, etag: 'W/"v1"' })
})

t.test('preconditions, in their order', async t => {
  table(t, [
    [{ 'if-match': etag }, 200], [{ 'if-match': '*' }, 200], [{ 'if-match': '"v0", "v1"' }, 200],
    [{ 'if-match': '"v0"' }, 'precondition_failed'], [{ 'if-match': 'W/"v1"' }, 'precondition_failed'], [{ 'if-match': 'v1' }, 'precondition_failed'], [{ 'if-match': '' }, 'precondition_failed'],
    [{ 'if-unmodified-since': then }, 200], [{ 'if-unmodified-since': after }, 200], [{ 'if-unmodified-since': before }, 'precondition_failed'], [{ 'if-unmodified-since': 'yesterday' }, 200],
    [{ 'if-match': etag, 'if-unmodified-since': before }, 200], [{ 'if-match': '"v0"', 'if-unmodified-since': after }, 'precondition_failed'],
    [{ 'if-none-match': etag }, 304], [{ 'if-none-match': 'W/"v1"' }, 304], [{ 'if-none-match': '*' }, 304], [{ 'if-none-match': '"a,b", "v1"' }, 304],
    [{ 'if-none-match': '"v0"' }, 200], [{ 'if-none-match': 'v1' }, 200],
    [{ 'if-modified-since': then }, 304], [{ 'if-modified-since': after }, 304], [{ 'if-modified-since': before }, 200], [{ 'if-modified-since': '2026' }, 200],
    [{ 'if-none-match': '"v0"', 'if-modified-since': after }, 200], [{ 'if-none-match': etag, 'if-modified-since': before }, 304],
    [{ 'if-match': '"v0"', 'if-none-match': etag }, 'precondition_failed'], [{ 'if-unmodified-since': before, 'if-none-match': etag }, 'precondition_failed'],
    [{ 'if-match': etag, 'if-none-match': etag }, 304],
    [{ 'if-none-match': etag, range: 'bytes=0-1' }, 304], [{ 'if-none-match': etag, range: 'bytes=1000-' }, 304],
    [{ 'if-match': '"v0"', range: 'bytes=1000-' }, 'precondition_failed'], [{ 'if-match': etag, range: 'bytes=0-1' }, '0-1'], [{ 'if-none-match': '"v0"', range: 'bytes=1000-' }, 416]
  ])
})

t.test('lists of entity tags', async t => {
  const cases: Array<[string, string, boolean, boolean]> = [
    ['"a"', '"a"', true, true], ['W/"a"', '"a"', false, true], ['"a"', 'W/"a"', false, true], ['W/"a"', 'W/"a"', false, true], ['"a"', '"b"', false, false],
    ['*', '"a"', true, true], [' * ', '"a"', true, true], ['"*"', '"a"', false, false], ['*', 'W/"a"', true, true],
    ['"x","a"', '"a"', true, true], [' "x" ,\t"a" ', '"a"', true, true], ['"x", , "a",', '"a"', true, true], ['"a,b"', '"a"', false, false], ['"a,b", "c"', '"a,b"', true, true],
    ['""', '""', true, true], ['"a', '"a"', false, false], ['a', '"a"', false, false], ['"a" "b"', '"a"', false, false], ['"a"x', '"a"', false, false], ['"x", a', '"x"', false, false],
    ['w/"a"', '"a"', false, false], ['"a b"', '"a b"', false, false], ['', '"a"', false, false], ['"\u00e9"', '"\u00e9"', true, true], ['"A"', '"a"', false, false]
  ]
  for (const [list, tag, strong, weak] of cases) {
    t.equal(matches(list, tag, 'strong'), strong, `${list} against ${tag}, strong`)
    t.equal(matches(list, tag, 'weak'), weak, `${list} against ${tag}, weak`)
  }
})

t.test('the three forms of a date, and no other', async t => {
  for (const text of ['Sun, 06 Nov 1994 08:49:37 GMT', 'Sunday, 06-Nov-94 08:49:37 GMT', 'Sun Nov  6 08:49:37 1994']) t.equal(httpDate(text), Date.UTC(1994, 10, 6, 8, 49, 37), text)
  for (const text of ['', '0', '2026', '2026-03-01T12:00:00Z', 'Sun, 06 Nov 1994 08:49:37', 'Sun, 06 Nov 1994 08:49:37 PST', 'Sun, 06 Foo 1994 08:49:37 GMT', 'Sun, 06 Nov 1994 25:49:37 GMT', 'Sun, 6 Nov 1994 08:49:37 GMT']) t.equal(httpDate(text), undefined, text)
})
