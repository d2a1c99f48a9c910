import { Readable } from 'node:stream'
import { createGunzip, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { ThreewaysError } from '../../kernel/errors.ts'
import type { Told } from '../../flow/history/history.port.ts'
import { readMap } from './map.ts'
import { readCsv } from './read.ts'

const now = Date.parse('2026-03-01T00:00:00Z')
const map = `
name: govuk
time: {column: time, as: unix}
service: service
environment: {column: environment}
events:
  - {event: deployment, when: {tag: "*"}, version: tag, previous: was, by: who}
  - {event: gate, when: {auto: "*"}, way: into, open: auto}
`
const head = 'time,environment,service,tag,was,auto,who\n'

async function read(text: string | readonly (string | Buffer)[] | Readable, by = map) {
  const input = text instanceof Readable ? text : Readable.from(typeof text === 'string' ? [text] : text)
  const told: Told[] = []
  const bad: string[] = []
  const doubts: string[] = []
  for await (const row of readCsv(input, 'past.csv', readMap(by, 'map.yaml'), now)) {
    told.push(...row.told)
    if (row.bad) bad.push(row.bad.message)
    if (row.doubt !== undefined) doubts.push(row.doubt)
  }
  return { told, bad, doubts }
}

const refused = async (text: string, by?: string) =>
  read(text, by).then(
    () => 'nothing',
    (error: ThreewaysError) => error.message,
  )

describe('a table of what was delivered', () => {
  it('says deployments and gates, in one row too', async () => {
    const { told } = await read(
      `${head}1717769351,production,shop,v2,v1,,ann\n1717769352,staging,shop,,,false,\n1717769353,staging,shop,v3,,yes,bot\n`,
    )
    expect(told).toMatchObject([
      {
        kind: 'deployment',
        at: '2024-06-07T14:09:11.000Z',
        stream: 'shop',
        environment: 'production',
        version: 'v2',
        previous: 'v1',
        by: 'ann',
      },
      { kind: 'gate', environment: 'staging', way: 'into', open: false },
      { kind: 'deployment', version: 'v3' },
      { kind: 'gate', open: true },
    ])
    expect(told[2]).toHaveProperty('previous', undefined)
  })

  it('says incidents: from when they were detected until they were over, which some are not', async () => {
    const table = 'id,service,environment,time,resolved\nINC-1,shop,production,1717769351,1717769400\nINC-2,shop,production,1717769500,\n'
    const incidents = `
name: pager
time: {column: time, as: unix}
service: service
environment: environment
events: [{event: incident, incident: id, resolved: {column: resolved, as: unix}}]
`
    expect((await read(table, incidents)).told).toMatchObject([
      { kind: 'incident', phase: 'detected', incident: 'INC-1', at: '2024-06-07T14:09:11.000Z' },
      { kind: 'incident', phase: 'resolved', incident: 'INC-1', at: '2024-06-07T14:10:00.000Z' },
      { kind: 'incident', phase: 'detected', incident: 'INC-2' },
    ])
    const backwards = table.replace('1717769400', '1717769300')
    expect((await read(backwards, incidents)).bad).toEqual([
      expect.stringMatching('past.csv:2 resolved lies before 2024-06-07T14:09:11.000Z'),
    ])
  })

  it('names what it says the same each time, and two things of one second differently', async () => {
    const rows = '1717769351,production,shop,v2,v1,,\n1717769351,production,shop,v3,v2,,\n1717769351,production,cart,v3,v2,,\n'
    const [once, again] = [await read(head + rows), await read(head + rows)]
    expect(once.told).toEqual(again.told)
    expect(new Set(once.told.map(({ id }) => id)).size).toBe(3)
  })

  it('has a byte order mark, line ends of Windows, quotes, and cells cut in the middle of a character', async () => {
    const bytes = Buffer.from(`\uFEFF${head.replace('\n', '\r\n')}1717769351,production,"Bücher, ""gut""",v2,,,"a\r\nb"\r\n`)
    const { told } = await read([...bytes].map((byte) => Buffer.from([byte])))
    expect(told).toMatchObject([{ stream: 'Bücher, "gut"', by: 'a\r\nb' }])
  })

  it('says of a row that makes no sense where and why, and goes on', async () => {
    const { told, bad } = await read(
      `${head}soon,production,shop,v2,,,\n1900000000,production,shop,v2,,,\n1717769351,production,,v2,,,\n1717769351,production,shop,,,perhaps,\n1717769351,production,shop,v9,,,\n1717769351,production,sh`,
    )
    expect(bad).toEqual([
      'past.csv:2 time is no number of seconds since 1970 ("soon")',
      'past.csv:3 time lies in the future: 2030-03-17T17:46:40.000Z ("1900000000")',
      'past.csv:4 service is empty; it should hold the service',
      'past.csv:5 auto is neither true nor false ("perhaps")',
      'past.csv:7 the row has 3 cells, the header has 7',
    ])
    expect(told).toMatchObject([{ version: 'v9' }])
  })

  it('says what is good in a row of which something else is not', async () => {
    const twice = await read(`${head}1717769351,production,shop,v2,,perhaps,\n1717769352,,shop,v3,,perhaps,\n`)
    expect(twice.told).toMatchObject([{ kind: 'deployment', version: 'v2' }])
    expect(twice.bad).toEqual([
      'past.csv:2 auto is neither true nor false ("perhaps")',
      'past.csv:3 environment is empty; it should hold the environment',
    ])
    const both = `${map}  - {event: gate, when: {auto: "*"}, way: onwards, open: who}\n`
    expect((await read(`${head}1717769351,production,shop,v2,,perhaps,ann\n`, both)).bad).toEqual([
      'past.csv:2 auto is neither true nor false ("perhaps"), and 1 more in this row',
    ])
  })

  it.each([
    ['', 'past.csv:1 the file is empty: its first line names the columns'],
    ['time,service\n', 'past.csv:1 the file has no column tag, auto, environment, who, was; it has time, service'],
    ['time,time\n', 'past.csv:1 time is the name of two columns'],
    [`${head}1717769351,"production\n`, 'past.csv:2 a quote opens here or before and is never closed'],
  ])('refuses what is no such table: %j', async (text, message) => {
    expect(await refused(text)).toContain(message)
  })

  it('says that nothing is recorded where there is no first line', async () => {
    await expect(read('')).rejects.toMatchObject({ help: expect.stringMatching(/^nothing is recorded/) })
    await expect(read('time,time\n')).rejects.toMatchObject({ help: expect.stringMatching(/^nothing is recorded/) })
  })

  it('takes columns without a name for what a spreadsheet left behind', async () => {
    const { told, bad } = await read(`${head.trim()},,\n1717769351,production,shop,v2,v1,,ann,,\n`)
    expect(bad).toEqual([])
    expect(told).toMatchObject([{ version: 'v2' }])
  })

  it('refuses names that are none', async () => {
    const { bad } = await read(`${head}1717769351,production,"sh\top",v2,,,\n1717769351,production,shop,${'v'.repeat(401)},,,\n`)
    expect(bad).toEqual([
      'past.csv:2 service holds a control character, as a line end or tabulator',
      'past.csv:3 tag is longer than 400 characters',
    ])
  })

  it.each([
    ['of UTF-16', Buffer.from(`\uFEFF${head}`, 'utf16le')],
    ['with a character of Latin-1', Buffer.from(`${head}1717769351,production,B\xfccher,v2,,,\n`, 'latin1')],
    ['that ends within a character', Buffer.from(`${head}1717769351,production,Bü`).subarray(0, -1)],
  ])('is refused %s', async (_, bytes) => {
    await expect(read([bytes])).rejects.toThrow(/^past\.csv:\d behind this line is text that is not UTF-8/)
  })

  it('is refused where its compressed form is cut off, or is none', async () => {
    const whole = gzipSync(head + '1717769351,production,shop,v2,,,\n'.repeat(2000))
    const packed = (bytes: Buffer) => read(Readable.from([bytes]).pipe(createGunzip()))
    await expect(packed(whole.subarray(0, -20))).rejects.toThrow(/^past\.csv:\d+ the compressed file is cut off/)
    await expect(packed(Buffer.from('no gzip at all'))).rejects.toThrow(/^past\.csv:\d+ the compressed file is damaged/)
  })

  describe('that does not end its last line', () => {
    const commits = map.replace('by: who', 'commit: who')
    const row = (second: number, last: string) => `17177693${second},production,shop,v${second},,,${last}`
    const rows = (...last: readonly string[]) => head + last.map((cell, at) => row(10 + at, cell)).join('\n')
    const [one, two, three] = ['a', 'b', 'c'].map((letter) => letter.repeat(40)) as [string, string, string]

    it('is taken, its last row in doubt: it may be cut off', async () => {
      const { told, bad, doubts } = await read(rows('ann', 'bo', 'cecil'))
      expect(told).toMatchObject([{ by: 'ann' }, { by: 'bo' }, { by: 'cecil' }])
      expect(bad).toEqual([])
      expect(doubts).toEqual([expect.stringMatching(/^past\.csv:4 who may be cut off: .*"cecil"/)])
      expect((await read(rows(one, two, three), commits)).doubts).toHaveLength(1)
    })

    it.each(['\n', '\r\n', '\n\n'])('is another one than one that ends with %j', async (end) => {
      expect(await read(rows('ann', 'bo') + end)).toMatchObject({ bad: [], doubts: [] })
    })

    it('has no last row, where its last cell is a part of a commit below whole ones', async () => {
      for (const cut of ['', 'cc', three.slice(1)]) {
        const { told, bad, doubts } = await read(rows(one, two, cut), commits)
        expect(told).toMatchObject([{ commit: one }, { commit: two }])
        expect(bad).toEqual([expect.stringMatching(/^past\.csv:4 who is shorter than the 40 characters that it has above/)])
        expect(doubts).toEqual([])
      }
      expect((await read(rows(one, two, '', 'c'), commits)).bad).toHaveLength(1)
      // Empty as another one is, or of a length of which there is but one.
      expect(await read(rows(one, two, '', ''), commits)).toMatchObject({ bad: [], doubts: [expect.anything()] })
      expect(await read(rows(one, 'c'), commits)).toMatchObject({ bad: [], doubts: [expect.anything()] })
    })

    it.each([
      ['numbers that became shorter', ['102', '101', '100', '99']],
      ['words of one length', ['prod', 'prod', 'qa']],
      ['what is no part of a commit', [one, two, 'unknown']],
      ['a short commit below others that are short', [one, 'bbbbbbb', 'ccccccc', 'ddd']],
      ['commits of both lengths', [one, 'b'.repeat(64), three]],
    ])('may end with %s: in doubt, and taken', async (_, cells) => {
      const { told, bad, doubts } = await read(rows(...cells), commits)
      expect(told).toHaveLength(cells.length)
      expect([bad, doubts]).toEqual([[], [expect.anything()]])
    })

    it('is in no doubt where a closing quote ends its last cell', async () => {
      for (const last of ['"cc"', '"said ""no"""', '""'])
        expect(await read(rows(one, two, last), commits)).toMatchObject({ bad: [], doubts: [] })
    })

    it('is in no doubt of a column that nobody reads', async () => {
      expect(await read(rows(one, two, 'c'), map.replace(', by: who', ''))).toMatchObject({ bad: [], doubts: [] })
    })
  })

  it('tells local times by their zone, and refuses the hour that comes twice and the one that never comes', async () => {
    const local = map.replace('as: unix', 'as: local, zone: Europe/London')
    const row = (time: string) => `${time},production,shop,v2,,,\n`
    const { told, bad } = await read(
      `${head}${['2024-06-07 15:09', '2024-01-07T15:09:11', '2024-06-07T15:09:11+02:00', '2024-10-27 01:30', '2024-03-31 01:30'].map(row).join('')}`,
      local,
    )
    expect(told.map(({ at }) => at)).toEqual(['2024-06-07T14:09:00.000Z', '2024-01-07T15:09:11.000Z', '2024-06-07T13:09:11.000Z'])
    expect(bad).toHaveLength(2)
  })

  it('tells seconds from milliseconds', async () => {
    const row = (time: string) => `${time},production,shop,v2,,,\n`
    const [seconds, milliseconds] = ['1717769351', '1717769351000'] as const
    expect((await read(head + row(milliseconds))).bad).toEqual([
      'past.csv:2 time lies in the far future as seconds since 1970; of milliseconds say `as: unix-ms` ("1717769351000")',
    ])
    const inMs = map.replace('as: unix', 'as: unix-ms')
    expect((await read(head + row(seconds), inMs)).bad).toEqual([
      'past.csv:2 time lies before 1974 as milliseconds since 1970; of seconds say `as: unix` ("1717769351")',
    ])
    expect((await read(head + row(milliseconds), inMs)).told).toMatchObject([{ at: '2024-06-07T14:09:11.000Z' }])
  })

  it('does not guess the offset of a time that has none', async () => {
    const { bad } = await read(`${head}2024-06-07T15:09:11,production,shop,v2,,,\n`, map.replace('as: unix', 'as: rfc3339'))
    expect(bad[0]).toContain('past.csv:2 time says no offset from UTC')
  })
})

describe('a map of columns', () => {
  it.each([
    ['name: x', 'map.yaml:1 /time'],
    [map.replace('as: unix', 'as: minutes'), 'map.yaml:3 /time/as'],
    [map.replace('as: unix', 'as: local'), '/time/zone is missing'],
    [map.replace('version: tag', 'versions: tag'), 'map.yaml:7 /events/0'],
    ['name: [', 'map.yaml:1'],
    [map.replace('event: gate', 'event: gaet'), 'map.yaml:8 /events/1/event "gaet" is no event; there are deployment, gate, incident'],
    [map.replace('event: gate, ', ''), 'map.yaml:8 /events/1/event is missing; there are deployment, gate, incident'],
  ])('says at which line it is wrong', (text, message) => {
    expect(() => readMap(text, 'map.yaml')).toThrow(message)
  })
})
