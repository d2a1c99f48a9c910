import { makeBreath } from '../../../kernel/breath.ts'
import { sha256, shortDigest } from '../../../kernel/digest.ts'
import { messageOf, notFound } from '../../../kernel/errors.ts'
import type { Ledger } from '../../../ledger/ledger.ts'
import { suggestion } from '../../definition/suggest.ts'
import { compileFlag, type FlagdFlag, type FlagdSet } from '../compile.ts'
import { flagChanged, type Source } from '../events.ts'
import type { FlagRevision } from '../revisions.ts'
import type { Flag } from '../flag.ts'
import { needsOf } from '../needs.ts'

/** The flags of one environment as they are served. */
export type FlagSet = {
  readonly environment: string
  /** How many revisions of flags there were when it last changed: grows, and is the same on every server. */
  readonly revision: number
  readonly set: FlagdSet
  /** Names the set's content (RFC 9110 8.8.3, with its quotes), on every server alike. */
  readonly etag: string
  /** flagd JSON. */
  text(): string
}

/** Events read at once: a thousand would hold up whoever asks for a flag meanwhile. */
const pageSize = 100

/** What changed in an environment. */
export type FlagSetChange = { readonly set: FlagSet; readonly keys: readonly string[] }

export type FlagSets = ReturnType<typeof makeFlagSets>

/**
 * Every environment's flags, compiled and kept. A change compiles the flag it is about and those that require it; the others stay the
 * same objects, so that whoever holds them sees what did not change.
 */
export function makeFlagSets(ledger: Ledger, standing: () => Promise<ReadonlyMap<string, FlagRevision>>, log: (message: string) => void) {
  const flags = new Map<string, FlagRevision>()
  const sets = new Map<string, Kept>()
  const listeners = new Set<(change: FlagSetChange) => void>()
  let seen: number | undefined
  let reading: Promise<void> | undefined
  let again = false

  async function read(): Promise<void> {
    do {
      again = false
      await readOnce()
    } while (again)
  }

  async function readOnce(): Promise<void> {
    if (seen === undefined) {
      // Read before the flags: what comes in between is read twice, and never missed.
      const head = await ledger.head()
      await take([...(await standing()).values()])
      seen = head
      return
    }
    const found: FlagRevision[] = []
    let after = seen
    for (let more = true; more;) {
      const page = await ledger.read({ after, types: [flagChanged.type], limit: pageSize })
      found.push(...page.map(({ event }) => revisionIn(event.data.subject.content as Content, event.data.context.timestamp)))
      after = page.at(-1)?.seq ?? after
      more = page.length === pageSize
    }
    // Together: what was published at once is served at once.
    await take(found)
    seen = after
  }

  async function take(changed: readonly FlagRevision[]): Promise<void> {
    const newer = changed.filter((one) => one.revision > (flags.get(one.flag.flag)?.revision ?? 0))
    const touched = new Map<string, Set<string>>()
    const isHoldout = newer.some((one) => [one, flags.get(one.flag.flag)].some((known) => known?.flag.purpose === 'holdout'))
    for (const one of newer) {
      const { flag } = one.flag
      // An environment that it no longer names has to forget it.
      for (const { flag: each } of [one, flags.get(flag)].filter((known) => known !== undefined))
        for (const place of Object.keys(each.environments)) touched.set(place, (touched.get(place) ?? new Set()).add(flag))
      flags.set(flag, one)
    }
    const revision = [...flags.values()].reduce((sum, one) => sum + one.revision, 0)
    for (const [environment, keys] of touched) {
      const kept = sets.get(environment) ?? newSet(environment)
      const told = await kept.take(withDependants(keys, flags, isHoldout), flags, revision)
      sets.set(environment, kept)
      if (told.length > 0) for (const listen of listeners) listen({ set: kept.shown(), keys: told })
    }
  }

  const refresh = (): Promise<void> => {
    again = true
    reading ??= read().finally(() => {
      reading = undefined
    })
    return reading
  }
  let closed = false
  const deaf = ledger.onAppend(() => {
    // What nobody has asked for yet is read when somebody does.
    if (seen === undefined) return
    refresh().catch((error: unknown) => closed || log(`flags: ${messageOf(error)}`))
  })

  return {
    /** Up to date with all that was published before it was asked. @throws ThreewaysError `FLAG_ENVIRONMENT_NOT_FOUND` */
    async of(environment: string): Promise<FlagSet> {
      if (seen === undefined) await refresh()
      const found = sets.get(environment)
      if (found !== undefined) return found.shown()
      throw notFound('FLAG_ENVIRONMENT_NOT_FOUND', {
        message: `no flag says how it stands in "${environment}"`,
        help: suggestion(environment, [...sets.keys()], 'add the environment to a flag'),
      })
    },
    environments: async (): Promise<readonly string[]> => {
      if (seen === undefined) await refresh()
      return [...sets.keys()].toSorted()
    },
    /** How every flag stands. */
    flags: async (): Promise<readonly FlagRevision[]> => {
      if (seen === undefined) await refresh()
      return [...flags.values()]
    },
    refresh,
    /** How many clients of an environment listen: what is played in the dark is shared out among them. Told on when it is another number by a tenth. */
    clients(environment: string, count: number): void {
      const kept = sets.get(environment)
      const keys = kept?.clients(count) ?? []
      if (kept !== undefined && keys.length > 0) for (const listen of listeners) listen({ set: kept.shown(), keys })
    },
    /** Called with each change of a set. @returns a function that ends it */
    onChange(listener: (change: FlagSetChange) => void): () => void {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    async close(): Promise<void> {
      closed = true
      deaf()
      await reading?.catch(() => {})
    },
  }
}

type Content = Omit<FlagRevision, 'flag' | 'at' | 'environment' | 'source'> & {
  readonly definition: Flag
  readonly environment?: string
  readonly source?: Source
}

const revisionIn = ({ definition, environment, source, ...content }: Content, at: string): FlagRevision => ({
  ...content,
  flag: definition,
  environment: environment ?? null,
  source: source ?? null,
  at,
})

/** Names, and those that require one of them or are in a layer of them. @param isHoldout - one of them is or was: what it holds may be any flag */
function withDependants(names: ReadonlySet<string>, flags: ReadonlyMap<string, FlagRevision>, isHoldout: boolean): readonly string[] {
  const all = new Set(names)
  if (isHoldout) for (const [name, { flag }] of flags) if (flag.purpose === 'experiment' || flag.layer !== undefined) all.add(name)
  for (let before = -1; before !== all.size;) {
    before = all.size
    for (const [name, { flag }] of flags) {
      if (needsOf(flag).some((need) => all.has(need.flag)) || (flag.layer !== undefined && all.has(flag.layer))) all.add(name)
    }
  }
  return [...all]
}

type Kept = ReturnType<typeof newSet>

type Compiled = { readonly flag: FlagdFlag; readonly text: string; readonly digest: string }

function newSet(environment: string) {
  const compiled = new Map<string, Compiled>()
  let shown: FlagSet | undefined
  let clients = 1
  const played = () => {
    const names: string[] = []
    for (const [name, { flag }] of compiled) if ('tw.dark.load' in flag.metadata) names.push(name)
    return names
  }
  const metadata = (): Readonly<Record<string, number>> => (played().length === 0 ? {} : { 'tw.dark.clients': clients })
  return {
    /** @returns names of what is different now */
    async take(names: readonly string[], all: ReadonlyMap<string, FlagRevision>, revision: number): Promise<readonly string[]> {
      const breath = makeBreath()
      const made = new Map<string, Compiled | undefined>()
      for (const name of names) {
        await breath()
        const one = all.get(name)
        if (one === undefined || !Object.hasOwn(one.flag.environments, environment)) {
          if (compiled.has(name)) made.set(name, undefined)
          continue
        }
        const flag = compileFlag(one, environment, all)
        const text = JSON.stringify(flag)
        if (compiled.get(name)?.text !== text) made.set(name, { flag, text, digest: sha256(text) })
      }
      await breath()
      // From here on in one go: nobody is shown half of it.
      for (const [name, one] of made) {
        if (one === undefined) compiled.delete(name)
        else compiled.set(name, one)
      }
      if (made.size > 0 || shown === undefined) shown = showing(environment, revision, compiled, metadata())
      return [...made.keys()]
    },
    /** @returns names of flags that are played, where the number is another */
    clients(count: number): readonly string[] {
      if (Math.abs(count - clients) < Math.max(1, clients / 10)) return []
      clients = Math.max(1, count)
      const keys = played()
      if (keys.length > 0 && shown !== undefined) shown = showing(environment, shown.revision, compiled, metadata())
      return keys
    },
    shown: () => shown!,
  }
}

function showing(
  environment: string,
  revision: number,
  compiled: ReadonlyMap<string, Compiled>,
  more: Readonly<Record<string, number>>,
): FlagSet {
  const sorted = [...compiled].toSorted(([a], [b]) => (a < b ? -1 : 1))
  const metadata = { flagSetId: environment, version: String(revision), ...more }
  let written: string | undefined
  return {
    environment,
    revision,
    etag: `"${shortDigest(sha256(sorted.map(([name, { digest }]) => `${name} ${digest}`).join('\n') + JSON.stringify(more)))}"`,
    set: { flags: Object.fromEntries(sorted.map(([name, { flag }]) => [name, flag])), metadata },
    // Each flag was written when it was compiled: a thousand of them are put together without a pause.
    text: () =>
      (written ??= `{"flags":{${sorted.map(([name, { text }]) => `${JSON.stringify(name)}:${text}`).join(',')}},"metadata":${JSON.stringify(metadata)}}`),
  }
}
