import { describe, expect, it } from 'vitest'
import { typesMeant } from './event-types.ts'

const [old, deployed, gate, upgraded] = [
  'dev.cdevents.service.deployed.0.2.0',
  'dev.cdevents.service.deployed.0.3.0',
  'dev.cdeventsx.threeways-gate.switched.0.1.0',
  'dev.cdevents.service.upgraded.0.3.0',
] as const
const kinds = [old, deployed, gate, upgraded]
const refusal = (told: string) => {
  try {
    return typesMeant(told, kinds)
  } catch (error) {
    return error as { message: string; help: string }
  }
}

describe('a type of event', () => {
  it('is named in full, as it is printed, or without whose it is', () => {
    expect(typesMeant(deployed, kinds)).toEqual([deployed])
    expect(typesMeant('service.deployed', kinds)).toEqual([old, deployed])
    expect(typesMeant('threeways-gate.switched', kinds)).toEqual([gate])
    expect(typesMeant('gate.switched', kinds)).toEqual([gate])
    expect(typesMeant('dev.cdevents.service.deployed', kinds)).toEqual([old, deployed])
    expect(typesMeant('dev.cdeventsx.otherTool-thing.made.0.1.0', kinds)).toEqual(['dev.cdeventsx.otherTool-thing.made.0.1.0'])
  })

  it('is said not to be there, with the one that is meant', () => {
    expect(refusal('service.deplyed')).toMatchObject({ code: 'EVENT_TYPE_UNKNOWN', help: 'did you mean "service.deployed"?' })
    expect(refusal('service')).toMatchObject({ help: 'there are service.deployed, service.upgraded' })
    expect(refusal('nothing at all')).toMatchObject({ help: 'docs/events.md has them all' })
  })
})
