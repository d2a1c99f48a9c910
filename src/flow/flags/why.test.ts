import { expect, it } from 'vitest'
import { flagOf } from './testing.ts'
import { apartWords, whyWords } from './why.ts'

const setting = (text: string, more = '') => flagOf(`flag: x\nowner: a\npurpose: operations\n${more}\nenvironments: {production: ${text}}`)
const layer = (text: string) =>
  new Map([['lay', { flag: flagOf(`flag: lay\nowner: a\npurpose: layer\nenvironments: {production: ${text}}`) }]])
const words = (flag: ReturnType<typeof setting>, rule: string, variant: string, unit: object = { targetingKey: 'ada' }) =>
  whyWords(flag, 'production', { rule, variant, unit: { ...unit } }, new Map())

it.each([
  ['killed: control for everybody', '{state: ramp, serve: {on: 5%}, killed: true}', 'default', 'off'],
  ['off: control for everybody', '{state: off}', 'default', 'off'],
  ['dark: control for everybody, and nobody sees what is rehearsed', '{state: dark}', 'default', 'off'],
  ['retired: on for good', '{state: retired, serve: on}', 'default', 'on'],
  ['on for everybody', '{state: on, serve: on}', 'default', 'on'],
  ['in the share of on, 5%', '{state: ramp, serve: {on: 5%}}', 'ramp', 'on'],
  ['in no share: off', '{state: ramp, serve: {on: 5%}}', 'ramp', 'off'],
  ['rule staff fits: on for everybody', '{state: ramp, serve: {on: 5%}, rules: [{id: staff, when: {a: 1}, serve: on}]}', 'staff', 'on'],
])('says "%s"', (told, text, rule, variant) => {
  expect(words(setting(text), rule, variant)).toBe(told)
})

it('says what it requires, and what it could not dice by', () => {
  expect(words(setting('{state: on, serve: on}', 'requires: [{flag: chat, variant: on}]'), 'requires:chat', 'off')).toBe(
    'chat is not on for them, which it requires',
  )
  expect(words(setting('{state: ramp, serve: {on: 5%}}'), 'default', 'off', {})).toBe('no targetingKey to dice by: control')
})

it('does not call a unit outside the share of a layer that is killed or off', () => {
  const told = (text: string) => apartWords('layer:lay', 'production', layer(text))
  expect(told('{state: ramp, serve: {x: 50%}}')).toBe('outside its share of the layer lay')
  expect(told('{state: ramp, killed: true, serve: {x: 50%}}')).toBe('the layer lay is killed: control of all its flags for everybody')
  expect(told('{state: off}')).toBe('the layer lay is off: control of all its flags for everybody')
})
