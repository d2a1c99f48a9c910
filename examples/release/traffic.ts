/**
 * Users of a shop who are not there: they come, search, order and chat, and tell of it as a real application would.
 *
 *     node examples/release/traffic.ts [http://127.0.0.1:7333] [--users 20000] [--second 100] [--harm]
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createClient, type Client } from '../../sdk/src/index.ts'

export type Traffic = {
  /** Of the server. */
  readonly url: string
  readonly users: number
  /** Users a second. */
  readonly perSecond: number
  /** The new search fails for a part of those who have it. */
  readonly harm: boolean
  readonly random?: () => number
  readonly token?: string | undefined
}

/** Plays until all users have come. @returns how many had each variant of the checkout */
export async function play({
  url,
  users,
  perSecond,
  harm,
  random = Math.random,
  token,
}: Traffic): Promise<Readonly<Record<string, number>>> {
  const flags = createClient({
    url: `${url.replace(/\/+$/, '')}/api/flag-sets/production`,
    ...(token === undefined ? {} : { token }),
    reportMs: 2_000,
    // Rehearsals of this play cost nothing: all of them may run.
    budget: { perSecond: 10_000, concurrent: 100, cpuMsPerSecond: 500 },
  })
  const seen: Record<string, number> = {}
  try {
    if (!(await flags.ready())) throw new Error(`no flags at ${url}: start a server there, and publish those of examples/release/flags`)
    for (let user = 0; user < users; user++) {
      const variant = await visit(flags, `user-${Math.floor(random() * 1e9)}`, random, harm)
      seen[variant] = (seen[variant] ?? 0) + 1
      if (user % Math.max(1, Math.round(perSecond / 10)) === 0) await sleep(100)
    }
  } finally {
    await flags.close()
  }
  return seen
}

/** What one user does. @returns the variant of the checkout */
async function visit(flags: Client, user: string, random: () => number, harm: boolean): Promise<string> {
  const context = {
    targetingKey: user,
    country: random() < 0.4 ? 'DE' : 'FR',
    email: random() < 0.01 ? `${user}@parts.example` : `${user}@mail.example`,
  }
  const forgiving = flags.evaluate('search', context, false).value
  if (random() < (forgiving === true && harm ? 0.3 : 0.02)) flags.track('search-failed', context)

  const { value: pages, variant = 'none' } = flags.evaluate('checkout', context, 3)
  if (random() < (pages === 1 ? 0.13 : 0.1)) {
    flags.track('ordered', context)
    flags.track('paid', context, Math.round(2_000 + random() * 18_000) / 100)
  }

  const clerks = ['Ines', 'Ravi', 'Mette'].filter(() => random() < 0.9)
  await flags.dark('chat', context, {
    control: () => clerks,
    // As the new one would: sorted otherwise, which does not matter, and slower.
    candidate: async () => {
      await sleep(random() * 4)
      return clerks.toReversed()
    },
    normalize: (names) => [...names].sort(),
    noise: 0.3,
  })
  return variant
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      users: { type: 'string', default: '20000' },
      second: { type: 'string', default: '100' },
      harm: { type: 'boolean', default: false },
    },
  })
  try {
    const seen = await play({
      url: positionals[0] ?? 'http://127.0.0.1:7333',
      users: Number(values.users),
      perSecond: Number(values.second),
      harm: values.harm,
      token: process.env['THREEWAYS_TOKEN'],
    })
    const told = Object.entries(seen).map(([variant, users]) => `${users.toLocaleString('en')} had ${variant}`)
    console.log(told.join(', '))
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}
