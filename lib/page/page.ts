import { readFile } from 'node:fs/promises'

/** A file of a page, and where below the page's own path it is served. */
export interface PageFile { path: string, type: string, text: string }

/** A page of the service's own, made of three files. */
export interface Page { headers: Record<string, string>, files: PageFile[] }

interface Parts {
  title: string
  /** The last segment of its address, to which its files are relative. */
  name: string
  /** Where its `body.html`, `script.js` and `style.css` are. */
  folder: URL
}

/**
 * What a page may do: run its own script, look as it looks, and call this service. Nothing of others is loaded,
 * nothing runs that is written into the page, no form can be sent elsewhere, and no frame can make somebody
 * click on it (RFC 8628 section 5.4).
 */
const headers = {
  'content-security-policy': [
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'",
    "base-uri 'none'", "form-action 'none'", "require-trusted-types-for 'script'", "frame-ancestors 'none'"
  ].join('; '),
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin'
}

const shared = new URL('./style.css', import.meta.url)

const documentOf = (title: string, name: string, body: string): string => `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="robots" content="noindex">
  <title>${title}</title>
  <link rel="stylesheet" href="${name}/style.css">
  <script type="module" src="${name}/script.js"></script>
</head>
<body>
${body}</body>
</html>
`

/** Reads a page; head and looks are those of all pages, with what is its own. */
export async function readPage ({ title, name, folder }: Parts): Promise<Page> {
  const [body, script, common, own] = await Promise.all([new URL('body.html', folder), new URL('script.js', folder), shared, new URL('style.css', folder)].map(file => readFile(file, 'utf8'))) as [string, string, string, string]
  return {
    headers,
    files: [
      { path: '', type: 'text/html; charset=utf-8', text: documentOf(title, name, body) },
      { path: '/script.js', type: 'text/javascript; charset=utf-8', text: script },
      { path: '/style.css', type: 'text/css; charset=utf-8', text: common + own }
    ]
  }
}
