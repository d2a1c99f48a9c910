import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { readOwners } from './owners.ts'

const read = (text: string) => readOwners(Readable.from([text]), 'teams.csv')

describe('a table of which team value streams belong to', () => {
  it('says it row by row, with since when where it has such a column, and that one belongs to none any more', async () => {
    expect(
      await read('\uFEFFteam,since,stream,tier\r\nSales,2024-01-01,shop,1\r\n"Bücher, gut",,cart,2\r\n,2024-03-01T09:00:00+01:00,old,3'),
    ).toEqual([
      { stream: 'shop', team: 'Sales', since: '2024-01-01T00:00:00.000Z' },
      { stream: 'cart', team: 'Bücher, gut' },
      { stream: 'old', team: null, since: '2024-03-01T08:00:00.000Z' },
    ])
  })

  it.each([
    ['', 'teams.csv:1 the file is empty'],
    ['stream,team\n', 'teams.csv:2 the file has no rows'],
    ['service,owner\nshop,Sales\n', 'teams.csv:1 the file has no column stream, team'],
    ['stream,team\n,Sales\n', 'teams.csv:2 stream is empty'],
    ['stream,team,since\nshop,Sales,soon\n', 'teams.csv:2 since'],
    [
      'stream,team,since\nshop,Sales,31/12/2024\n',
      'teams.csv:2 since is no time as RFC 3339 writes it; write 2024-03-01, or 2024-03-01T09:30:00Z',
    ],
    ['stream,team\nshop,"Sales\n', 'teams.csv:2 a quote opens here'],
  ])('is refused, and nothing of it recorded: %j', async (text, message) => {
    await expect(read(text)).rejects.toMatchObject({
      message: expect.stringContaining(message),
      help: expect.stringContaining('nothing of it'),
    })
  })
})
