import { z } from 'zod'
import { durationPattern, parseDuration } from '../../../kernel/duration.ts'
import { ShadowDemands } from './shadow.ts'
import { readFreeze, readWindow, type Misread } from '../change-window.ts'

const soakMaxMs = 30 * 86_400_000
const soakRule = 'should be a duration: a number and a unit (s, m, h, d)'

/** A time to wait, as milliseconds. Unlike the patience of a check it may be days. */
export const Soak = z
  .string(soakRule)
  .regex(new RegExp(durationPattern), soakRule)
  .transform((text, context) => {
    const ms = Math.round(parseDuration(text))
    if (ms >= 1 && ms <= soakMaxMs) return ms
    context.issues.push({ code: 'custom', message: 'should be at least 1ms and at most 30d', input: text })
    return z.NEVER
  })

/** Text in a small language of its own: what it means, or what is wrong where in it. */
function written<T extends object>(read: (text: string) => T | Misread) {
  return z
    .string()
    .max(200)
    .transform((text, context): T => {
      const found = read(text)
      if (!('problem' in found)) return found
      const params = { offset: found.offset, help: found.help }
      context.issues.push({ code: 'custom', message: found.problem, input: text, params })
      return z.NEVER
    })
}

const oneOrMore = <T>(one: z.ZodType<T, string>) =>
  z.union([one.transform((only): readonly T[] => [only]), z.array(one).min(1, 'names nothing').max(50).readonly()])

/** When a stage may be entered. */
export const Windows = oneOrMore(written(readWindow))
/** When it may not, whatever the windows say. */
export const Freezes = oneOrMore(written(readFreeze))

export const windowMeta = {
  description:
    'Hours in which the stage may be entered: days, hours by the clock on the wall, and an IANA time zone. A list: any of them. One that ends before it begins goes on to the next day.',
  examples: ['Mon-Thu 08:00-16:00 Europe/Berlin'],
}
export const freezeMeta = {
  description: 'Days on which nothing enters, first to last, in an IANA time zone. A list: all of them.',
  examples: ['2026-12-21..2027-01-03 Europe/Berlin'],
}

export const Gate = z.strictObject({
  approve: z
    .strictObject({
      from: z
        .array(z.string())
        .min(1, 'names nobody: an approval needs at least one group')
        .default(['anyone'])
        .meta({
          description: "Whose approval counts: groups and people of the server's policy. `anyone`: whoever the policy lets approve.",
          examples: [['release']],
        }),
      count: z.int().min(1).max(20).default(1).meta({ description: 'How many people must approve.' }),
      reason: z.enum(['required', 'optional']).default('optional').meta({ description: 'Whether an approval must say why.' }),
    })
    .optional()
    .meta({ description: 'People must approve this very candidate. Who has the right to is in the policy of the server, not here.' }),
  soak: Soak.optional().meta({
    description: 'So long a candidate must have been verified in every stage before this one. At most 30d.',
    examples: ['10m'],
  }),
  shadow: ShadowDemands.optional().meta({
    description:
      'What copies of requests (`shadow` of a stage before this one) must have shown of this candidate. Open while nothing runs yet where the requests come from.',
    examples: [{ requests: 1000, differ: '0.1%', fail: '0.1%', slower: '20ms' }],
  }),
  window: Windows.optional().meta(windowMeta),
  freeze: Freezes.optional().meta(freezeMeta),
})
