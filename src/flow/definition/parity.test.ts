import { describe, expect, it } from 'vitest'
import { parity } from './parity.ts'
import { readDefinition } from './read.ts'
import { rendered } from './render.ts'
import { definitionText } from './testing.ts'

function definition(more = '') {
  const text = definitionText({
    services: `{
      db: {provider: {type: threeways, options: {resource: postgres, seed: db/seed.sql}}},
      web: {command: node server.js${more}, environment: {A: one, B: two}, depends_on: [db]}}`,
    environments: `{
      defaults: {parity: [A, NEW]},
      dev: {},
      twin: {},
      test: {seed: {db: db/test.sql}, environment: {web: {A: other, NEW: here}}}}`,
  })
  return readDefinition(text, 'threeways.yaml').definition
}

describe('an environment, rendered', () => {
  it('has its own values and seeds', () => {
    const { definition: test, settings } = rendered(definition(), 'test')
    expect(settings).toBe('test')
    expect(test.services['web']!.environment).toEqual({ A: 'other', B: 'two', NEW: 'here' })
    expect(test.resources['db']!.seed).toBe('db/test.sql')
  })

  it('has the same digest as one that runs the same, and another when anything that runs differs', () => {
    const digest = (settings: string, more = '') => rendered(definition(more), settings).digest
    expect(digest('twin')).toBe(digest('dev'))
    expect(digest('test')).not.toBe(digest('dev'))
    expect(digest('dev', ' --verbose')).not.toBe(digest('dev'))
  })

  it('must be one of those in the definition', () => {
    expect(() => rendered(definition(), 'tets')).toThrow('"shop" has no environment "tets"')
    expect(() => rendered(definition(), 'toString')).toThrow('has no environment')
  })
})

describe('parity', () => {
  it('counts what is the same and lists the declared differences', () => {
    const report = parity(rendered(definition(), 'dev'), rendered(definition(), 'test'))
    expect(report.undeclared).toEqual([])
    expect(report.declared).toEqual([
      { path: '/resources/db/seed', a: 'db/seed.sql', b: 'db/test.sql' },
      { path: '/services/web/environment/A', a: 'one', b: 'other' },
      { path: '/services/web/environment/NEW', a: undefined, b: 'here' },
    ])
    expect(report.same).toBeGreaterThan(5)
  })

  it('shows what nobody declared, for instance another command in another candidate', () => {
    const report = parity(rendered(definition(), 'dev'), rendered(definition(' --verbose, restart: "no"'), 'twin'))
    expect(report.declared).toEqual([])
    expect(report.undeclared).toEqual([
      { path: '/services/web/command', a: '["node","server.js"]', b: '["node","server.js","--verbose"]' },
      { path: '/services/web/restart', a: 'always', b: 'no' },
    ])
  })

  it('of an environment with itself is complete', () => {
    const dev = rendered(definition(), 'dev')
    expect(parity(dev, dev)).toMatchObject({ declared: [], undeclared: [] })
  })
})
