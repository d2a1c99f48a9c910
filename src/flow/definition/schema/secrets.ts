import { z } from 'zod'
import { keyNotes } from './registry.ts'
import { VariableName } from './values.ts'

const nameRule = 'should be letters, digits and "._-", begin with a letter and have at most 64 characters'
export const secretNamePattern = /^(?!constructor$)[A-Za-z][A-Za-z0-9._-]{0,63}$/
export const SecretName = z.string().regex(secretNamePattern, nameRule)

const sourceKeys = {
  file: 'write external: true: a secret in a file of the repository is none; give it a value with `threeways secret set`',
  driver: 'write external: true',
  driver_opts: 'write external: true',
  labels: 'remove it',
  template_driver: 'remove it',
}

const Declared = z
  .strictObject({
    external: z.literal(true).optional().meta({ description: 'Its value is kept by the server.' }),
    environment: z
      .string()
      .optional()
      .meta({ description: 'Only used by `docker compose`: the variable of its own that holds the value.' }),
    name: z.string().optional().meta({ description: 'Only used by `docker compose`.' }),
  })
  .register(keyNotes, { compose: sourceKeys, foreign: true })

/** Names alone: values are no part of a candidate. */
export const DeclaredSecrets = z.record(SecretName, z.union([Declared, z.null()]))

const ownerHelp = 'remove it: the file belongs to the user of the process'

const modeRule = 'should be "0400", "0440" or "0444": nobody writes to it'
const SecretUseMap = z
  .strictObject({
    source: SecretName.meta({ description: 'Name of a declared secret.', examples: ['stripe-key'] }),
    target: z
      .string()
      .regex(/^(?:\/run\/secrets\/)?[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$/, 'should be the name of a file in /run/secrets')
      .optional()
      .meta({ description: 'Name of the file, if it is not that of the secret.', examples: ['stripe.key'] }),
    mode: z
      .string(modeRule)
      .regex(/^0?4[04]{2}$/, modeRule)
      .optional()
      .meta({ description: 'Rights of the file. Left out: `"0400"`.' }),
    'x-variable': VariableName.optional().meta({
      description: 'Given in this variable instead of a file: for programs that cannot read one. Whatever the program starts inherits it.',
      examples: ['STRIPE_KEY'],
    }),
  })
  .register(keyNotes, { compose: { uid: ownerHelp, gid: ownerHelp }, foreign: true })

/** Compose's short and long form. */
export const SecretUses = z
  .array(
    z.union([SecretName, SecretUseMap]).transform((written) => {
      const use = typeof written === 'string' ? { source: written } : written
      const { source, target, mode, 'x-variable': variable } = use as z.output<typeof SecretUseMap>
      return {
        source,
        ...(target === undefined ? {} : { target: target.replace('/run/secrets/', '') }),
        ...(mode === undefined ? {} : { mode: Number.parseInt(mode, 8) }),
        ...(variable === undefined ? {} : { variable }),
      }
    }),
  )
  .default([])
