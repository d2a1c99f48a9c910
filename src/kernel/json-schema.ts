/**
 * JSON Schema 2020-12 written as values whose TypeScript type follows. Pure and tiny, because events.ts files import no
 * package; what it can say is what an event's content needs.
 */
export type Schema<T> = { readonly json: Readonly<Record<string, unknown>>; readonly __type?: T }

/** The type a schema describes. */
export type Of<S> = S extends Schema<infer T> ? T : never

const schema = <T>(json: Record<string, unknown>): Schema<T> => ({ json })

export const text = (description: string, limits: { pattern?: string; maxLength?: number } = {}): Schema<string> =>
  schema({ type: 'string', maxLength: 65_536, ...limits, description })
export const integer = (description: string): Schema<number> => schema({ type: 'integer', description })
export const number = (description: string): Schema<number> => schema({ type: 'number', description })
export const flag = (description: string): Schema<boolean> => schema({ type: 'boolean', description })
export const instant = (description: string): Schema<string> => schema({ type: 'string', format: 'date-time', description })
export const digest = (description: string): Schema<string> => schema({ type: 'string', pattern: '^sha256:[0-9a-f]{64}$', description })
export const oneOf = <const T extends string>(values: readonly T[], description: string): Schema<T> =>
  schema({ type: 'string', enum: values, description })
export const list = <T>(items: Schema<T>, description: string): Schema<readonly T[]> =>
  schema({ type: 'array', items: items.json, maxItems: 10_000, description })
export const record = <T>(values: Schema<T>, description: string): Schema<Readonly<Record<string, T>>> =>
  schema({ type: 'object', additionalProperties: values.json, description })

/** May be left out. */
export const optional = <T>(inner: Schema<T>): Schema<T> & { readonly optional: true } => ({ ...inner, optional: true })

type Members = Record<string, Schema<unknown> & { readonly optional?: true }>
type RequiredKeys<M extends Members> = { [K in keyof M]: M[K] extends { readonly optional: true } ? never : K }[keyof M]
type Shape<M extends Members> = { readonly [K in RequiredKeys<M>]: Of<M[K]> } & {
  readonly [K in Exclude<keyof M, RequiredKeys<M>>]?: Of<M[K]>
}

/** An object with exactly these members; anything else is refused. */
export function object<const M extends Members>(members: M, description?: string): Schema<Shape<M>> {
  return schema({
    type: 'object',
    properties: Object.fromEntries(Object.entries(members).map(([name, member]) => [name, member.json])),
    required: Object.entries(members).flatMap(([name, member]) => (member.optional ? [] : [name])),
    additionalProperties: false,
    ...(description === undefined ? {} : { description }),
  })
}
