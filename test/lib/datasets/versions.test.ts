import { link, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Permit } from '#lib/datasets/commit/permit.js'
import { createCommits, type Commits } from '#lib/datasets/commits.js'
import { createJournal, type Journal } from '#lib/datasets/journal.js'
import { layoutOf, type Layout } from '#lib/datasets/layout.js'
import { createLeases, STRAY_MS, type Leases } from '#lib/datasets/lease.js'
import { removalOf, type Placement } from '#lib/datasets/placement.js'
import { tidyJournal } from '#lib/datasets/recovery.js'
import { createReplicaId } from '#lib/datasets/replica.js'
import { openWorkspace, type Workspace } from '#lib/datasets/workspace.js'
import { start } from '../../support/app.js'
import { documentWorker } from '../../support/document-worker.js'
import { budgets } from '../../support/budgets.js'

interface Bench { root: string, layout: Layout, workspace: Workspace, journal: Journal, commits: Commits, kept: () => Promise<number> }

/** What another process does between the steps of this one. */
interface Faults { leases?: (leases: Leases) => Leases, journal?: (journal: Journal) => Journal }

/** What writes to scans, on a folder of its own with the scan `plant`. */
async function bench (t: Test, { leases = same => same, journal: withFaults = same => same }: Faults = {}): Promise<Bench> {
  const { app: { redis, names } } = await start(t)
  const root = t.testdir()
  const replica = createReplicaId()
  const layout = layoutOf(root)
  const workspace = await openWorkspace({ root, replica, redis, names, onError })
  t.teardown(() => workspace.close())
  const journal = createJournal(workspace.journal)
  const commits = createCommits({
    layout, budget: budgets.listing, documentWorker, workspace, journal: withFaults(journal), leases: leases(createLeases({ redis, names, replica, lasts: 15_000, skew: () => 0 })), feed: { publish: async () => {}, close: () => {} }, onCommit: async () => {}
  })
  await mkdir(join(root, 'plant', 'metadata'), { recursive: true })
  await writeFile(layout.listing('plant'), '{"filesets":[]}')
  return { root, layout, workspace, journal, commits, kept: async () => (await readdir(join(workspace.journal, 'plant')).catch(() => [])).length }
}

const onError = (error: unknown): void => { throw error }

t.test('of a listing that is written again and again one version is kept, and none once nobody writes', async t => {
  const { layout, workspace, journal, commits, kept } = await bench(t)
  const list = (id: string): Promise<void> => commits.change(Permit.service('plant'), [id], () => ({ list: draft => draft.addFileset(id), folders: [layout.fileset('plant', id)], touched: new Map([[id, undefined]]) }))
  const describe = (): Promise<void> => commits.change(Permit.service('plant'), ['@'], () => ({ touched: new Map([['', undefined]]) }))

  for (const id of ['a', 'b', 'c', 'd']) {
    await list(id)
    t.equal(await kept(), 1, id)
  }
  await describe()
  t.equal(await kept(), 0, 'the listing in its place is the truth')
  await list('e')
  t.equal(await kept(), 1)
  await list('f')
  t.equal(await kept(), 1)

  const parts = { layout, journal, commits, onError }
  await tidyJournal(parts, Date.now())
  t.equal(await kept(), 1, 'somebody may still be at it')
  await tidyJournal(parts, Date.now() + STRAY_MS + 1000)
  t.strictSame(await readdir(workspace.journal), [])
})

t.test('one change that cannot be carried out takes no other along, and leaves nothing', async t => {
  const { root, layout, workspace, commits, kept } = await bench(t)
  const [folder, temporaries] = [layout.fileset('plant', 'images'), async () => (await readdir(join(workspace.temporary(), '..'))).length]
  const file = async (text: string): Promise<string> => {
    const path = workspace.temporary()
    await writeFile(path, text)
    return path
  }
  const path = (name: string): string => layout.content('plant', 'images', name)
  const add = (id: string, temporary: string, ...more: Placement[]): Promise<void> => commits.change(Permit.service('plant'), [`images/${id}`], () => ({
    list: draft => draft.addFile('images', { id, name: `${id}.txt` }), place: [{ temporary, path: path(`${id}.txt`), replaces: false }, ...more], touched: new Map([[`images/${id}`, undefined]])
  }))
  const replace = (id: string, temporary: string, ...more: Placement[]): Promise<void> => commits.change(Permit.service('plant'), [`images/${id}`], () => ({
    list: () => {}, place: [{ temporary, path: path(`${id}.txt`), replaces: true }, ...more], touched: new Map([[`images/${id}`, undefined]])
  }))
  const remove = (id: string): Promise<void> => commits.change(Permit.service('plant'), [`images/${id}`], () => ({
    list: draft => draft.removeFile('images', id), remove: removalOf(root, path(`${id}.txt`)), touched: new Map([[`images/${id}`, undefined]])
  }))
  await commits.change(Permit.service('plant'), ['images'], () => ({ list: draft => draft.addFileset('images'), folders: [folder], touched: new Map([['images', undefined]]) }))
  await Promise.all(['a', 'b', 'c'].map(async id => await add(id, await file(`first ${id}`))))
  await mkdir(path('folder.txt'))
  const impossible = async (): Promise<Placement> => ({ temporary: await file('nowhere'), path: path('folder.txt'), replaces: true })

  const [before, spoilt] = [await kept(), await impossible()]
  await t.rejects(replace('a', await file('second a'), spoilt), { code: 'file_exists' })
  await t.rejects(add('d', await file('first d'), spoilt), { code: 'file_exists' })
  t.equal(await readFile(path('a.txt'), 'utf8'), 'first a', 'what was replaced is there again')
  t.strictSame((await readdir(folder)).sort(), ['a.txt', 'b.txt', 'c.txt', 'folder.txt'])
  t.equal(await kept(), before, 'the version that was refused is not noted')

  const outcomes = await Promise.allSettled([
    commits.change(Permit.service('plant'), ['@images'], () => ({ touched: new Map() })),
    replace('a', await file('third a')), remove('b'), replace('c', await file('second c'), spoilt), add('e', await file('first e'))
  ])
  t.strictSame(outcomes.map(({ status }) => status), ['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'fulfilled'])
  t.strictSame((await readdir(folder)).sort(), ['a.txt', 'c.txt', 'e.txt', 'folder.txt'])
  t.equal(await readFile(path('a.txt'), 'utf8'), 'third a')
  t.equal(await readFile(path('c.txt'), 'utf8'), 'first c')
  t.strictSame(JSON.parse(await readFile(layout.listing('plant'), 'utf8')).filesets[0].files.map(({ id }: { id: string }) => id).sort(), ['a', 'c', 'e'])
  t.equal((await readdir(join(workspace.temporary(), '..'))).filter(name => /former|\.2$/.test(name)).length, 0)
  t.ok(await temporaries() > 0, 'the files that were handed in belong to who did')
})

t.test('a noted version that was cut short itself is passed over', async t => {
  const { layout, workspace, commits } = await bench(t)
  await mkdir(join(workspace.journal, 'plant'))
  for (const [fence, text] of [['1', '{"filesets":[]}'], ['2', '']] as const) await writeFile(join(workspace.journal, 'plant', fence), text)
  await rm(layout.listing('plant'))
  await link(join(workspace.journal, 'plant', '1'), layout.listing('plant'))
  await commits.change(Permit.service('plant'), ['a'], () => ({ list: draft => draft.addFileset('a'), folders: [layout.fileset('plant', 'a')], touched: new Map([['a', undefined]]) }))
  t.strictSame(JSON.parse(await readFile(layout.listing('plant'), 'utf8')), { filesets: [{ files: [], id: 'a' }] })
  t.equal((await readdir(join(workspace.journal, 'plant'))).length, 1)
})

t.test('what others do while this process is stopped does not make a scan a damaged one', async t => {
  const adding = ({ layout, commits }: Bench, id: string): Promise<void> =>
    commits.change(Permit.service('plant'), [id], () => ({ list: draft => draft.addFileset(id), folders: [layout.fileset('plant', id)], touched: new Map([[id, undefined]]) }))

  await t.test('when they have taken the lease, it is read again', async t => {
    const root = t.testdirName
    let stops = 2
    const there = await bench(t, {
      leases: ({ take }) => ({
        take: async scan => {
          const [lease, listing] = [await take(scan), layoutOf(root).listing(scan)]
          if (stops-- <= 0) return lease
          const text = await readFile(listing)
          await writeFile(listing, '{')
          const release = async (): Promise<boolean> => {
            await Promise.all([lease.release(), writeFile(listing, text)])
            return false
          }
          return { ...lease, release }
        }
      })
    })
    await Promise.all(['a', 'b'].map(async id => await adding(there, id)))
    t.ok(stops <= 0)
    const { filesets } = JSON.parse(await readFile(there.layout.listing('plant'), 'utf8')) as { filesets: Array<{ id: string }> }
    t.strictSame(filesets.map(({ id }) => id).sort(), ['a', 'b'], 'and every change is made')
  })

  await t.test('when they have forgotten a version, it is not missed', async t => {
    const there = await bench(t, {
      leases: ({ take }) => ({ take: async scan => ({ ...await take(scan), clean: false, previous: undefined }) }),
      journal: journal => ({ ...journal, versions: async (...of) => ({ ...await journal.versions(...of), before: join(t.testdirName, 'forgotten') }) })
    })
    await adding(there, 'a')
    t.match(await readFile(there.layout.listing('plant'), 'utf8'), '"a"')
  })

  await t.test('one that is damaged while the lease is held is', async t => {
    const there = await bench(t)
    await writeFile(there.layout.listing('plant'), '{')
    await t.rejects(adding(there, 'a'), { code: 'scan_damaged' })
  })
})

t.test('a change that is handed in as the line of its scan ends is carried out', async t => {
  // Called when a lease has been given back, so that what follows it happens in the same breath.
  let onRelease = (): void => {}
  const { layout, commits } = await bench(t, {
    leases: leases => ({
      take: async scan => {
        const lease = await leases.take(scan)
        return { ...lease, release: async () => await lease.release().finally(() => { onRelease() }) }
      }
    })
  })
  const list = (id: string): Promise<void> => commits.change(Permit.service('plant'), [id], () => ({ list: draft => draft.addFileset(id), folders: [layout.fileset('plant', id)], touched: new Map([[id, undefined]]) }))

  for (let steps = 0; steps < 40; steps++) {
    const released = new Promise<void>(resolve => { onRelease = resolve })
    const first = list(`first-${steps}`)
    const second = (async () => {
      await released
      for (let step = 0; step < steps; step++) await Promise.resolve()
      onRelease = () => {}
      await list(`second-${steps}`)
    })()
    await Promise.all([first, second])
  }
  t.equal((JSON.parse(await readFile(layout.listing('plant'), 'utf8')) as { filesets: unknown[] }).filesets.length, 80)
})
