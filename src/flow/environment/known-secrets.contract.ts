import type { SecretSource } from './secrets.port.ts'

/** Secrets in memory, for those who play with a provider. Who has none has no scanner either. */
export function knownSecrets() {
  const values = new Map<string, string>()
  const leaks: string[] = []
  const given = (names: readonly string[]) => names.filter((name) => values.has(name))
  const source: SecretSource = {
    values: async (_stream, _settings, names) =>
      new Map(given(names).map((name) => [name, { value: Buffer.from(values.get(name)!), version: 1 }])),
    versions: async (_stream, _settings, names) => new Map(given(names).map((name) => [name, 1])),
    hidden: async () => [...values].map(([name, value]) => ({ name, value: Buffer.from(value) })),
    leaked: async ({ secret, program }) => void leaks.push(`${program} ${secret}`),
  }
  return { source, values, leaks }
}

export type KnownSecrets = ReturnType<typeof knownSecrets>
