import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestThreeways, type TestThreeways } from './testing.ts'

const one = (name: string, environments: string, more = '') => `
flag: ${name}
owner: shop
purpose: operations
environments: ${environments}
${more}`

describe('what publishing a file would do', () => {
  let t: TestThreeways
  const filesOf = (documents: readonly string[]) => documents.map((document, index) => ({ document, file: `flags/${index}.yaml` }))
  const publish = (documents: readonly string[], more: object = {}) =>
    t.ask('PUT', '/api/flags', { files: filesOf(documents), reason: 'a test', ...more })
  const preview = async (...documents: readonly string[]) => t.ask('POST', '/api/flags/preview', { files: filesOf(documents) })
  beforeAll(async () => {
    t = await openTestThreeways()
  })
  afterAll(() => t.close())

  it('is told of whoever loses it where an environment goes', async () => {
    await publish([one('checkout', '{production: {state: ramp, serve: {on: 50%}}, staging: {state: on, serve: on}}')])
    expect((await preview(one('checkout', '{staging: {state: on, serve: on}}'))).body).toMatchObject({
      flags: [{ moves: [{ environment: 'production', moved: '50%', how: 'gone' }], changed: { environments: ['production'] } }],
    })
  })

  it('may not make impossible what another flag requires', async () => {
    const requires = (variant: string) => `requires: [{flag: checkout, variant: ${variant}}]`
    await publish([one('assistant', '{production: {state: on, serve: on}}', requires('on'))])
    const without = one('checkout', '{staging: {state: on, serve: on}}')
    const refused = {
      status: 422,
      body: {
        code: 'FLAG_REQUIREMENT_INVALID',
        detail: '"assistant" requires "checkout", which does not say how it stands in "production"',
      },
    }
    expect(await preview(without)).toMatchObject(refused)
    expect(await publish([without])).toMatchObject(refused)
    const renamed = one('checkout', '{production: {state: on, serve: new}}', 'variants: {off: false, new: true}')
    expect(await publish([renamed])).toMatchObject({ status: 422, body: { code: 'FLAG_REQUIREMENT_INVALID' } })
    // Both together may go another way.
    expect(await publish([renamed, one('assistant', '{production: {state: on, serve: on}}', requires('new'))])).toMatchObject({
      status: 200,
    })
  })

  it('is told of values that become others, and refused while an experiment runs on them', async () => {
    const arms = (variants: string) => `
flag: form
owner: shop
purpose: experiment
expires: 2027-06-30
variants: ${variants}
control: control
environments: {production: {state: ramp, serve: {control: 50%, treatment: 50%}}}
`
    await publish([arms('{control: false, treatment: true}')])
    const swapped = arms('{control: true, treatment: false}')
    const told = (against: unknown) => ({
      flags: [
        {
          moves: [],
          values: [
            { variant: 'control', was: false, is: true, environments: ['production'] },
            { variant: 'treatment', was: true, is: false, environments: ['production'] },
          ],
          typeWas: null,
          against,
        },
      ],
    })
    expect((await preview(swapped)).body).toMatchObject(told(null))
    const plan = {
      experiment: 'short-form',
      flag: 'form',
      owner: 'shop',
      hypothesis: 'A shorter form brings more orders.',
      arms: ['control', 'treatment'],
      metrics: [{ metric: 'order', kind: 'binary', role: 'decision', better: 'more', effect: 0.5 }],
    }
    expect(await t.ask('POST', '/api/experiments', { plan })).toMatchObject({ status: 201 })
    expect(await t.ask('POST', '/api/experiments/short-form/start')).toMatchObject({ status: 200 })
    const why = 'the experiment "short-form" runs on "form" in production'
    expect((await preview(swapped)).body).toMatchObject(told(expect.stringContaining(why)))
    expect(await publish([swapped])).toMatchObject({
      status: 422,
      body: { code: 'FLAG_VALUES_CHANGED', detail: expect.stringContaining(why), help: expect.stringContaining('--rebucket') },
    })
    const numbers = arms('{control: 0, treatment: 1}')
    expect((await preview(numbers)).body).toMatchObject({ flags: [{ typeWas: 'boolean', would: { type: 'number' } }] })
    expect(await publish([numbers], { rebucket: true })).toMatchObject({ status: 200 })
  })
})
