import { z } from 'zod'

/** What a map in the file knows about keys it does not accept. */
export type KeyNotes = {
  /** Keys valid in Compose at this place that nothing here honours, each with what to do instead. */
  readonly compose?: Readonly<Record<string, string>>
  /** Keys that people look for here and that stand elsewhere. */
  readonly elsewhere?: Readonly<Record<string, string>>
  /** Keys that begin with `x-` belong to other tools and are left alone. */
  readonly foreign?: true
}

/** Notes beside the schema: they belong neither into validation nor into the editor's schema. */
export const keyNotes = z.registry<KeyNotes>()
