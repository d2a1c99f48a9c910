import { z } from 'zod'
import { rootKeys } from './schema/compose-keys.ts'
import { Threeways } from './schema/pipeline.ts'
import { keyNotes } from './schema/registry.ts'
import { DeclaredSecrets } from './schema/secrets.ts'
import { Service } from './schema/service.ts'
import { Name, named } from './schema/values.ts'

/**
 * `threeways.yaml` as people write it: a Compose document and `x-threeways`. The one source of what is valid, of the types, of
 * the editor's schema and of the reference page. Input is the file; output has durations in ms and commands as words.
 */
export const DefinitionFile = z
  .strictObject({
    name: Name.meta({ description: "Name of the value stream. Compose uses it as the project's name.", examples: ['parts-unlimited'] }),
    services: named(Service).meta({ description: 'Services and the resources behind them, as Compose writes them.' }),
    secrets: DeclaredSecrets.prefault({}).meta({
      description:
        'Names of secrets, as Compose declares them. Values are given to the server with `threeways secret set`, for all environments or for one; they are no part of a candidate.',
      examples: [{ 'stripe-key': { external: true } }],
    }),
    'x-threeways': Threeways.meta({ description: 'What Compose has no words for: what is built, where it runs, how it gets there.' }),
  })
  .register(keyNotes, { compose: rootKeys, foreign: true })
  .meta({ title: 'threeways.yaml' })

export type DefinitionFile = z.output<typeof DefinitionFile>
export type ServiceEntry = DefinitionFile['services'][string]
export type EnvironmentEntry = Exclude<DefinitionFile['x-threeways']['environments'][string], undefined>
export type StageEntry = DefinitionFile['x-threeways']['pipeline']['stages'][number]
export type CheckEntry = DefinitionFile['x-threeways']['checks'][string]
