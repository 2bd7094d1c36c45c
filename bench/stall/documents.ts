// The worst that the default budgets let somebody store.

const VALUES = 99_900
const BYTES = 1_000_000

const many = (count: number, item: (i: number) => string): string => Array.from({ length: count }, (_, i) => item(i)).join()

/** JSON objects of 1 MB or 100 000 values, whichever comes first, by what they are made of. */
export const documents: Record<string, string> = {
  'empty objects': `{"list":[${many(VALUES, () => '{}')}]}`,
  names: `{${many(55_000, i => `"name-${i}":${i % 10}`)}}`,
  'odd numbers': `{"list":[${many(VALUES, i => `${i % 9}.0`)}]}`,
  nested: `{"list":[${many(1000, () => `${'['.repeat(97)}{"a":1}${']'.repeat(97)}`)}]}`,
  escapes: `{"list":[${many(VALUES / 2, i => `"\\u00e9\\n${i}"`)}]}`,
  text: `{"text":"${'x'.repeat(BYTES)}"}`
}

export const shapes = Object.keys(documents)

/** `files.json` as PlantDB writes it. */
export const listingOf = (filesets: Record<string, string[]>): string =>
  JSON.stringify({ filesets: Object.entries(filesets).map(([id, ids]) => ({ files: ids.map(id => ({ file: `${id}.jpg`, id })), id })) }, null, 4)
