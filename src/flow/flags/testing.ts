import { readFlag } from './document.ts'
import type { Flag } from './flag.ts'
import type { Revised } from './compile.ts'
import { slotsOf } from './slots.ts'

/** A flag as it is written in a file, for tests. */
export const checkout = `
flag: checkout-v2
description: One page instead of three
owner: shop
purpose: release
expires: 2027-03-31
service: checkout
environments:
  production:
    state: ramp
    rules:
      - id: staff
        when: {email: {endsWith: "@example.org"}}
        serve: on
      - id: germany
        when: {country: [DE, AT], age: {atLeast: 18}}
        serve: {on: 20%}
    serve: {on: 5%}
  staging:
    state: on
    serve: on
`

export const flagOf = (text: string): Flag => readFlag(text, 'flags/test.yaml')

/** As its first revision. */
export const revised = (flag: Flag, revision = 1): Revised => ({ flag, slots: slotsOf(flag, {}), revision })
