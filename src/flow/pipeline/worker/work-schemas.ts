import { z } from 'zod'
import { capacityMax } from './capacity.ts'

/** What workers and servers say to each other. Everything is bounded. */

const Label = z.string().regex(/^[\w.+-]{1,64}$/)
const Text = z.string().max(16 * 1024)
const DigestText = z.string().regex(/^sha256:[0-9a-f]{64}$/)
const Words = z.record(z.string().max(500), z.string().max(500))

export const HeldStep = z.object({ run: z.string().max(100), name: z.string().max(200), fence: z.int().min(0) })

export const WorkerCard = z.object({
  home: z.string().regex(/^[\w-]{8,64}$/),
  name: z.string().regex(/^[\w.-]{1,64}$/, 'letters, digits, dots and dashes only, at most 64'),
  labels: z.record(Label, Label).refine((labels) => Object.keys(labels).length <= 32, 'at most 32 labels'),
  capacity: z.int().min(1).max(capacityMax),
})
export type WorkerCard = z.infer<typeof WorkerCard>

export const Beat = z.object({ worker: WorkerCard, holding: z.array(HeldStep).max(capacityMax) })
export const Take = Beat.extend({ waitMs: z.int().min(0).max(25_000) })

const Tests = z.object({
  total: z.int(),
  failed: z.int(),
  skipped: z.int(),
  failures: z.array(z.object({ name: Text, message: Text })).max(100),
})

const Output = z.object({
  checkout: z
    .object({
      commit: z.string().max(64),
      committedAt: z.string().max(40),
      folder: Text,
      temporary: Text,
      lockFiles: z.record(Text, DigestText),
    })
    .optional(),
  tools: Words.optional(),
  candidate: z
    .object({
      digest: DigestText,
      commit: z.string().max(64),
      artifact: DigestText,
      environment: DigestText,
      files: z.int().min(0),
      bytes: z.int().min(0),
      tools: Words,
      lockFiles: z.record(Text, DigestText),
    })
    .optional(),
  tests: Tests.optional(),
})

export const WorkerEnd = z.discriminatedUnion('end', [
  z.object({ end: z.literal('succeeded'), message: Text.optional(), output: Output.optional() }),
  z.object({
    end: z.literal('failed'),
    message: Text,
    final: z.boolean().default(false),
    fault: z.enum(['change', 'infrastructure', 'undecided']).default('change'),
    output: Output.optional(),
  }),
  z.object({ end: z.literal('cancelled') }),
  z.object({ end: z.literal('lost'), why: Text }),
])
export type WorkerEnd = z.infer<typeof WorkerEnd>

export const End = Beat.extend({
  step: HeldStep,
  how: WorkerEnd,
  leaving: z.boolean().default(false).meta({ description: 'it takes no more' }),
})

/** In the address, beside a body that is bytes. */
export const OfStep = z.object({
  home: WorkerCard.shape.home,
  run: z.string().max(100),
  name: z.string().max(200),
  fence: z.coerce.number().int().min(0),
})
export const Part = OfStep.extend({ offset: z.coerce.number().int().min(0) })
export const ArtifactPart = Part.extend({ digest: DigestText, last: z.enum(['true', 'false']) })
