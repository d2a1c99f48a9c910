import { z } from 'zod'
import { bytesPattern, parseBytes } from '../../../kernel/bytes.ts'
import { credentials } from '../shadow.ts'
import { duration } from './values.ts'

const shareRule = 'should be a share such as 5% or 0.1%'
const shareAt = (most: number) =>
  z
    .string(shareRule)
    .regex(/^\d{1,3}(\.\d{1,3})?\s?%$/, shareRule)
    // Digits as written: 0.1 % is 0.001, and not what a division of floats makes of it.
    .transform((text) => Math.round(Number.parseFloat(text) * 1_000) / 100_000)
    .refine((share) => share <= most, `should be at most ${most * 100}%`)

/** A part of all, 0 to 1. */
const Share = shareAt(1)

/** Of these nothing is asked that changes anything (RFC 9110 9.2.1). */
const safe = ['GET', 'HEAD', 'OPTIONS'] as const
const methods = [...safe, 'POST', 'PUT', 'PATCH', 'DELETE'] as const

const bodyMaxBytes = 1024 ** 2
const Bodies = z
  .union([z.string(), z.int()])
  .transform(String)
  .pipe(
    z
      .string()
      .regex(new RegExp(bytesPattern), 'should be a size: a number and a unit (k, m), for example 64k')
      .transform((text) => parseBytes(text)!)
      .refine((bytes) => bytes >= 1 && bytes <= bodyMaxBytes, 'should be at most 1m'),
  )

const HeaderName = z
  .string()
  .regex(/^[\w!#$%&'*+.^`|~-]{1,100}$/, 'should be the name of a header')
  .transform((name) => name.toLowerCase())

/** Requests that another stage's environment gets, copied to this one. */
export const Shadow = z.strictObject({
  from: z.string().meta({ description: 'Stage whose environment’s requests are copied.', examples: ['production'] }),
  share: Share.refine((share) => share > 0, 'should be more than 0%').meta({
    description: 'How many of them are copied, drawn by chance.',
    examples: ['5%'],
  }),
  methods: z
    .array(z.enum(methods))
    .min(1, 'names no method: nothing would be copied')
    .default(['GET', 'HEAD'])
    .meta({
      description:
        'Methods of requests that are copied. One that changes something (`POST`, `PUT`, `PATCH`, `DELETE`) only when it is named here: what it does is done here once more.',
      examples: [['GET', 'HEAD', 'POST']],
    }),
  pass: z
    .array(z.enum(credentials))
    .default([])
    .meta({
      description: `Headers with credentials that copies keep. All others of ${credentials.map((name) => `\`${name}\``).join(', ')} are taken out.`,
      examples: [['cookie']],
    }),
  compare: z
    .strictObject({
      headers: z
        .array(HeaderName)
        .max(20)
        .default(['content-type'])
        .meta({ description: 'Headers of answers that must be the same, beside the status.', examples: [['content-type', 'location']] }),
      body: z.enum(['compared', 'ignored']).default('compared').meta({
        description: '`compared`: of JSON member by member, of anything else byte by byte. `ignored`: whatever it is.',
      }),
      ignore: z
        .array(z.string().min(1).max(100))
        .max(100)
        .default([])
        .meta({ description: 'Names of members of JSON that do not count, wherever they are.', examples: [['requestId', 'at']] }),
    })
    .prefault({})
    .meta({ description: 'What must be the same in the answers of both.' }),
  noise: shareAt(0.5)
    .prefault('10%')
    .meta({
      description:
        'Of copies of requests that change nothing: so many go to another instance of what serves there instead, if there is one, to learn what differs anyway.',
      examples: ['10%'],
    }),
  limits: z
    .strictObject({
      per_second: z.int().min(1).max(10_000).default(20).meta({ description: 'Copies begun in a second.' }),
      concurrent: z.int().min(1).max(100).default(5).meta({ description: 'Copies under way at the same time.' }),
      body: Bodies.prefault('64k').meta({
        description: 'A request or an answer with a larger body is not copied, and counted. At most 1m.',
      }),
      timeout: duration(1, 60_000).prefault('5s').meta({
        description:
          'A copy that is not answered by then has failed, and a request that takes longer is not copied, and counted. At most 1m.',
      }),
    })
    .prefault({})
    .meta({ description: 'What copies may cost. Beyond it nothing is copied, and that is counted.' }),
})

/** What copies of requests have to show before a candidate enters a stage. */
export const ShadowDemands = z.strictObject({
  requests: z.int().min(1).max(1_000_000_000).default(1_000).meta({ description: 'Copies that were answered or failed.' }),
  differ: Share.prefault('0.1%').meta({
    description: 'So many may be answered otherwise, beyond what differs without any change.',
    examples: ['0.1%'],
  }),
  fail: Share.prefault('0.1%').meta({ description: 'So many may not be answered, or take too long.', examples: ['0.1%'] }),
  slower: duration(1, 60_000)
    .optional()
    .meta({ description: 'It may be slower by this at the 99th percentile. [default: however much]', examples: ['20ms'] }),
})
