import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestThreeways, type TestThreeways } from './testing.ts'

const count = 250
const documentOf = (index: number, more = '') =>
  `flag: flag-${String(index).padStart(3, '0')}\nowner: shop\npurpose: operations\n${more}environments: {production: {state: ramp, serve: {on: 5%}}}\n`

describe('more flags than are read in one go', () => {
  let t: TestThreeways
  const publish = (documents: readonly string[]) =>
    t.ask('PUT', '/api/flags', { files: documents.map((document, index) => ({ document, file: `${index}.yaml` })), reason: 'a test' })
  beforeAll(async () => {
    t = await openTestThreeways()
    await publish(Array.from({ length: count }, (_, index) => documentOf(index)))
  })
  afterAll(() => t.close())

  it('are all known to whoever publishes', async () => {
    const { body } = await publish(Array.from({ length: count }, (_, index) => documentOf(index)))
    const { flags } = body as { flags: readonly { readonly revision: number; readonly changed: boolean }[] }
    expect(flags).toHaveLength(count)
    expect(flags.every(({ revision, changed }) => revision === 1 && !changed)).toBe(true)
  })

  it('may require each other, the first the last', async () => {
    expect(await publish([documentOf(0, `requires: [{flag: flag-${count - 1}, variant: on}]\n`)])).toMatchObject({
      status: 200,
      body: { flags: [{ flag: 'flag-000', revision: 2, changed: true }] },
    })
  })
})
