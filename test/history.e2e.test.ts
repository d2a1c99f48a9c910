import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { gitAuthor } from '../src/connectors/git/testing.ts'
import { processesOf, serverOf, start, threeways } from './command-line.ts'

const map = path.join(import.meta.dirname, '../docs/maps/govuk-deployments.yaml')
const head = 'time,environment,service,image_tag,previous_tag,automatic_deploys,promote,actor,commit\n'
const day = 86_400
const first = Date.UTC(2025, 0, 1) / 1000
const row = (at: number, environment: string, tag: string, gate = '') => `${at},${environment},shop,${tag},,${gate},,bot,\n`
/** Twelve versions, one a day; the second environment gets every second of them an hour later. */
const rows = Array.from(
  { length: 12 },
  (_, n) => row(first + n * day, 'integration', `v${n}`) + (n % 2 ? row(first + n * day + 3600, 'production', `v${n}`) : ''),
).join('')

describe('history on the command line', () => {
  let place: string
  beforeAll(async () => {
    place = await realpath(await mkdtemp(path.join(tmpdir(), 'threeways history ')))
  })
  afterAll(() => rm(place, { recursive: true, force: true }))
  const here = () => ({ cwd: place, env: { XDG_DATA_HOME: path.join(place, 'data'), THREEWAYS_HOME: path.join(place, 'home') } })
  const cli = (...args: string[]) => threeways(here(), ...args)

  it('comes in from a compressed table with the map of the documentation, once, and is shown', async () => {
    await writeFile(path.join(place, 'past.csv.gz'), gzipSync(head + rows))
    expect(await cli('import', 'csv', 'past.csv.gz', '--map', map)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^18 rows: 18 events recorded, 0 were/),
    })
    expect((await cli('import', 'csv', 'past.csv.gz', '--map', map)).stdout).toContain('0 events recorded, 18 were there already')
    expect((await cli('flow')).stdout).toMatch(/shop\s+production\s+\d\.\d\s+1 h 0 min.*12\/12/)
  })

  it('is shown in every way by a server that works on it, and what makes no sense is answered with why', async () => {
    const server = start(here(), 'up', '--port', '0')
    onTestFinished(() => void server.child.kill())
    await serverOf(path.join(place, 'home'), server)
    const one = await cli('flow', 'shop', '--rows')
    expect(one.stdout).toContain('integration → production')
    expect(one.stdout).toMatch(/v0 .*v1 +25 h 0 min/)
    expect((await cli('flow', '--csv')).stdout).toMatch(/^stream,order,since.*lead\.p50\.value.*\r\nshop,integration production,/)
    expect((await cli('flow', 'shop', '--rows', '--csv')).stdout).toMatch(/^version,arrived,reached,by\r\nv0,/)
    expect(await cli('flow', 'cart')).toMatchObject({ code: 3, stderr: expect.stringContaining('STREAM_NOT_FOUND') })
    expect(await cli('flow', '--since', 'spring')).toMatchObject({ code: 2, stderr: expect.stringContaining('--since spring') })
    expect(await cli('flow', '--since', '2025-02-30')).toMatchObject({ code: 2, stderr: expect.stringContaining('does not exist') })
    expect((await cli('flow', 'recovery', 'shop')).stdout).toMatch(
      /no failure came, more likely than not, of a deployment of it\nNobody told of a failure yet/,
    )
    expect(await cli('flow', '--rows')).toMatchObject({ code: 2, stderr: expect.stringContaining('STREAM_MISSING') })
    expect((await cli('flow', 'shop', '--since', '2025-12-31')).stdout).toMatch(/lead time +no data: no version was first seen then/)
    expect(await cli('flow', '--since', '2130-01-01')).toMatchObject({ code: 2, stderr: expect.stringContaining('lies in the future') })
    expect(await server.stop()).toBe(0)
  })

  it('is written as one page that fetches nothing and runs nothing, whatever a stream is called', async () => {
    await writeFile(
      path.join(place, 'strange.csv'),
      `${head}${row(first, 'integration', 'v1').replace('shop', '<img src=x onerror=alert(1)>')}`,
    )
    await cli('import', 'csv', 'strange.csv', '--map', map)
    expect(await cli('report', '--title', 'Ours & <yours>', '--days', '400')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^flow-report\.html: 2 value streams, 1 of them in full, \d+ KB/),
    })
    const page = await readFile(path.join(place, 'flow-report.html'), 'utf8')
    expect(page).toContain('<h1>Ours &#38; &#60;yours&#62;</h1>')
    expect(page).toContain('integration → production')
    expect(page).not.toMatch(/<img|<script|https?:/)
    expect(await cli('report', '--out', 'none/x.html')).toMatchObject({
      code: expect.any(Number),
      stderr: expect.stringMatching(/^FILE_NOT_WRITTEN "none\/x\.html" cannot be written: no such file or directory/m),
    })
  })

  it('stops at a row that makes no sense, with what came before recorded, or leaves it out', async () => {
    await writeFile(
      path.join(place, 'bad.csv'),
      `${head}${row(first, 'staging', 'v0')}${row(first, 'staging', '', 'perhaps')}${row(first + 1, 'staging', 'v1')}`,
    )
    expect(await cli('import', 'csv', 'bad.csv', '--map', map)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('bad.csv:3 automatic_deploys'),
    })
    const left = await cli('import', 'csv', 'bad.csv', '--map', map, '--skip-bad')
    expect(left).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('bad.csv:3'),
      stdout: expect.stringContaining('1 events recorded, 1 were there already, 1 row left out'),
    })
    expect(await cli('import', 'csv', 'none.csv', '--map', map)).toMatchObject({ code: 3, stderr: expect.stringContaining('none.csv') })
    expect(await processesOf(path.join(place, 'home'))).toEqual([])
  })

  it('is told to be in doubt where the file may be cut off', async () => {
    await writeFile(path.join(place, 'open.csv'), `${head.replace(',commit', '')}${row(first, 'preview', 'v0').slice(0, -2)}`)
    expect(await cli('import', 'csv', 'open.csv', '--map', map)).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^open\.csv:2 actor may be cut off/m),
      stdout: expect.stringContaining('1 row: 1 events recorded'),
    })
  })

  it('comes in from a git repository, each time with what is new', async () => {
    const author = await gitAuthor(path.join(place, 'acme shop'))
    const named = ['--repository', 'acme/shop']
    await author.commit('one')
    const commit = await author.commit('two')
    expect((await cli('import', 'git', author.folder, ...named, '--stream', 'shop=src')).stdout).toMatch(
      /^acme\/shop: 2 commits recorded, 1 branches/,
    )
    await author.commit('three')
    const again = await cli('import', 'git', `file://${author.folder}`, ...named, '--json')
    expect(JSON.parse(again.stdout)).toMatchObject({ repository: 'acme/shop', recorded: 1, before: 2 })
    expect((await cli('events', '--json')).stdout).toContain(commit)
    expect(await cli('import', 'git', 'ext::sh -c true')).toMatchObject({ code: 2, stderr: expect.stringContaining('URL_INVALID') })
    expect(await cli('import', 'git', author.folder)).toMatchObject({ code: 2, stderr: expect.stringContaining('--repository') })
    expect(await cli('import', 'git', place)).toMatchObject({ code: 3, stderr: expect.stringContaining('NOT_A_REPOSITORY') })
  })
})
