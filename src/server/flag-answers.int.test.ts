import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestThreeways, type TestThreeways } from './testing.ts'

const chat = (share: string) => `
flag: chat
owner: talk
purpose: operations
environments: {production: {state: ramp, serve: {on: ${share}}}}
`

describe('whoever changes a flag is told', () => {
  let t: TestThreeways
  const publish = (document: string) => t.ask('PUT', '/api/flags', { files: [{ document, file: 'chat.yaml' }], reason: 'a test' })
  const post = (verb: string, body: object = {}) => t.ask('POST', `/api/flags/chat/${verb}`, { reason: `${verb} it`, ...body })
  beforeAll(async () => {
    t = await openTestThreeways()
  })
  afterAll(() => t.close())

  it('how it stands now, and what went before', async () => {
    expect((await publish(chat('5%'))).body).toMatchObject({ flags: [{ revision: 1, was: null }] })
    expect((await post('stand', { environment: 'production', serve: { on: '7%' } })).body).toMatchObject({
      revision: 2,
      changed: true,
      was: { revision: 1, reason: 'a test' },
      environments: [{ environment: 'production', state: 'ramp', serve: { on: '7%' } }],
    })
  })

  it('which kill switch it was that was thrown already', async () => {
    expect((await post('kill')).body).toMatchObject({ changed: true, latest: { change: 'killed' }, environments: [{ killed: true }] })
    expect((await post('kill', { reason: 'once more' })).body).toMatchObject({
      changed: false,
      latest: { change: 'killed', reason: 'kill it' },
    })
    expect((await post('revive')).body).toMatchObject({ changed: true, environments: [{ killed: false, serve: { on: '7%' } }] })
  })

  it('all that was done by hand since its file, where a file would undo it', async () => {
    expect(await publish(chat('9%'))).toMatchObject({
      status: 409,
      body: {
        code: 'FLAG_CHANGED_ELSEWHERE',
        detail: expect.stringMatching(/revision 4 \(revived.*revision 3 \(killed.*revision 2 \(ramp/),
      },
    })
  })

  it('nothing of a kill switch that was taken back before the file changed', async () => {
    await post('stand', { environment: 'production', serve: { on: '5%' } })
    for (const verb of ['kill', 'revive']) await post(verb)
    expect(await publish(chat('9%'))).toMatchObject({ status: 200, body: { flags: [{ changed: true, was: { change: 'revived' } }] } })
  })

  it('that it expired, and that its plan waits for what is not there', async () => {
    const old =
      'flag: old\nowner: a\npurpose: release\nexpires: 2020-01-01\nenvironments: {production: {state: ramp, ramp: {steps: [{share: 5%, until: nosuch}, {share: 100%}]}}}'
    expect((await publish(old)).body).toMatchObject({
      flags: [
        {
          notes: [
            expect.stringMatching(/^it expired \d+ days ago, 2020-01-01$/),
            expect.stringContaining('there is no such experiment yet'),
          ],
        },
      ],
    })
  })
})
