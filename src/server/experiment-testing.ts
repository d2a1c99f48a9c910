import type { Clock } from '../kernel/clock.ts'
import type { TestThreeways } from './testing.ts'

type Diced = { readonly arms?: readonly [string, string]; readonly environment?: string; readonly more?: string }

/** Variants that are not on and off. */
export const oldAndNew = {
  arms: ['control', 'treatment'],
  more: 'variants: {control: old, treatment: new}\ncontrol: control',
} as const satisfies Diced

/** A flag that dices evenly between two arms, as its file says it. @param more - lines of the file */
export const flagFile = (name: string, { arms: [one, other] = ['off', 'on'], environment = 'production', more = '' }: Diced = {}) => `
flag: ${name}
owner: shop
purpose: experiment
expires: 2027-06-30
${more}
environments: {${environment}: {state: ramp, serve: {${one}: 50%, ${other}: 50%}}}
`

/** Tells what applications tell of production: each report counts, for each has a name of its own. */
export function reporting(ask: TestThreeways['ask'], clock: Clock, name: string) {
  let reports = 0
  return (body: { readonly exposures?: readonly object[]; readonly metrics?: readonly object[] }) =>
    ask('POST', '/api/flag-sets/production/exposures', { id: `${name}-${++reports}`, at: clock.now(), ...body })
}
