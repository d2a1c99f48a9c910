import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { sha256 } from '../../../kernel/digest.ts'
import { definitionOf } from '../../../flow/environment/fixture.ts'
import { allTo, rendered, type Desired, type Target } from '../../../flow/environment/provider.port.ts'
import { noVariables } from '../../compose/messages.ts'
import { newState, type EnvironmentState, type ProvidedState } from '../state.ts'
import { entryOf, unwantedProvided, wantedProvided } from './wanted.ts'

const candidate = (version: string, provided: Record<string, { type: string; options: Record<string, string[]> }>): Desired => ({
  candidate: sha256(version),
  rendered: rendered(definitionOf({ provided }), 'test'),
  artifact: '/nowhere',
  artifactDigest: sha256(version),
})
const target = (...deployments: Desired[]): Target => ({ environment: 'shop/test', deployments, shares: allTo(deployments.at(-1)) })

/** As an apply leaves it. @returns what was called */
function applied(state: EnvironmentState, wanted: Target): readonly string[] {
  const ups = wantedProvided(wanted, state).filter(({ why }) => why !== undefined)
  for (const { name, type, options } of ups) {
    const entry: ProvidedState = entryOf(state, { name, type }) ?? { name, type, options, phase: 'ready', variables: noVariables }
    Object.assign(entry, { options, phase: 'ready' })
    state.provided = [...(state.provided ?? []).filter((one) => one !== entry), entry]
  }
  state.deployments = wanted.deployments
  const downs = unwantedProvided(wanted, state)
  state.provided = state.provided?.filter((entry) => !downs.includes(entry)) ?? []
  return [...ups.map(({ type, name }) => `up ${type} ${name}`), ...downs.map(({ type, name }) => `down ${type} ${name}`)]
}

const candidates = fc
  .array(fc.record({ name: fc.constantFrom('db', 'queue'), type: fc.constantFrom('one', 'two'), size: fc.constantFrom('1', '2') }), {
    maxLength: 2,
  })
  .map((all) => Object.fromEntries(all.map(({ name, type, size }) => [name, { type, options: { size: [size] } }])))

it('whatever is deployed beside or after what: asking again calls nobody, nothing is forgotten, nothing unwanted stays', () => {
  fc.assert(
    fc.property(
      fc.array(candidates, { minLength: 3, maxLength: 3 }),
      fc.array(fc.subarray([0, 1, 2]), { minLength: 1, maxLength: 6 }),
      (all, steps) => {
        const state = newState('shop/test')
        const desired = all.map((provided, index) => candidate(String(index), provided))
        for (const step of steps) {
          const wanted = target(...step.map((index) => desired[index]!))
          applied(state, wanted)
          expect(applied(state, wanted)).toEqual([])
          const names = new Set(step.flatMap((index) => Object.entries(all[index]!).map(([name, { type }]) => `${type} ${name}`)))
          expect(new Set(state.provided?.map(({ type, name }) => `${type} ${name}`))).toEqual(names)
        }
      },
    ),
  )
})

it('another provider under the same name is made before the first is given back', () => {
  const state = newState('shop/test')
  const [before, after] = [candidate('1', { db: { type: 'one', options: {} } }), candidate('2', { db: { type: 'two', options: {} } })]
  expect(applied(state, target(before))).toEqual(['up one db'])
  expect(applied(state, target(before, after))).toEqual(['up two db'])
  expect(applied(state, target(after))).toEqual(['down one db'])
})
