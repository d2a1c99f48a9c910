import type { Digest } from '../../../kernel/digest.ts'
import { shortDigest } from '../../../kernel/digest.ts'
import { messageOf, refused, ThreewaysError } from '../../../kernel/errors.ts'
import { event, type CloudEvent } from '../../../ledger/event.ts'
import type { EnvironmentId } from '../provider.port.ts'
import { driftsIn } from './compare.ts'
import { environmentDrifted, environmentHealed } from './events.ts'
import type { Drift, DriftMode, EnvironmentFacts } from './facts.port.ts'
import type { Files } from './files.ts'
import type { OpenDrift } from './on-record.ts'
import { confirm, isOfData, keyOf, modeWhenUnsaid, responseTo, type Response, type Seen } from './policy.ts'
import { restoreArtifact } from './restore.ts'
import type { DriftShop } from './watch.ts'

const source = '/threeways/drift'

export type Watched = {
  /** @returns the folders it needs watched */
  look(): Promise<readonly string[]>
  /** Puts right once what has drifted, whatever its definition asks for; never data. @returns what that was @throws why it could not be */
  heal(): Promise<readonly string[]>
  /** It was destroyed. */
  gone(): Promise<void>
  /** Nothing is under way any more. */
  settled(): Promise<void>
}

type Told = { readonly drift: Drift; readonly response: Response }

/** Watches one environment: what was seen before, what is on record, what was tried. */
export function watchOne(shop: DriftShop, files: Files, id: EnvironmentId, onRecord: readonly OpenDrift[], signal: AbortSignal): Watched {
  const { provider, ledger, clock, newId } = shop
  const open = new Map<string, Told>(onRecord.map((one) => [keyOf(one), { drift: one, response: one.response }]))
  const healed = new Map<string, number[]>()
  const mending = new Set<string>()
  const withoutSpare = new Set<Digest>()
  let seen: ReadonlyMap<string, Seen> = new Map()
  let latest: EnvironmentFacts | undefined
  let schemas: Map<string, Digest> | undefined
  let folders: readonly string[] = []
  let healing: Promise<void> | undefined

  const envelope = () => ({ id: newId(), time: clock.instant(), source, subject: id })
  const stream = id.split('/')[0]!
  const about = ({ kind, subject }: Drift) => ({ stream, kind, about: subject.slice(0, 4096) })

  const drifted = (drift: Drift, response: Response, reason = ''): CloudEvent => {
    const said = { expected: drift.expected.slice(0, 4096), observed: drift.observed.slice(0, 4096), response, reason }
    return event(environmentDrifted, envelope(), { ...about(drift), ...said })
  }

  /** What is there now was made on purpose: schemas are what they are. */
  async function onPurpose(facts: EnvironmentFacts): Promise<boolean> {
    if (latest !== undefined && latest.revision !== facts.revision) return true
    const isChanged = (facts.resources ?? []).some(({ name, schema }) => schema !== undefined && schema !== (schemas?.get(name) ?? schema))
    return isChanged && shop.isBusy(id)
  }

  async function schemaDrifts(facts: EnvironmentFacts): Promise<readonly Drift[]> {
    const found = (facts.resources ?? []).flatMap(({ name, schema }) => (schema === undefined ? [] : [[name, schema] as const]))
    if (schemas === undefined || (await onPurpose(facts))) schemas = new Map([...found, ...(schemas === undefined ? recalled(open) : [])])
    return found.flatMap(([name, schema]): readonly Drift[] => {
      const before = schemas!.get(name)
      if (before === undefined) schemas!.set(name, schema)
      if (before === undefined || before === schema) return []
      return [{ kind: 'resource-schema', subject: name, expected: `schema ${before}`, observed: `schema ${shortDigest(schema)}` }]
    })
  }

  async function fileDrifts({ artifacts }: EnvironmentFacts, mode: DriftMode): Promise<readonly Drift[]> {
    const found = await Promise.all(artifacts.map(({ folder, digest }) => files.look(folder, digest)))
    folders = artifacts.map(({ folder }) => folder)
    if (mode === 'heal')
      for (const [index, { folder, digest }] of artifacts.entries()) if (found[index]!.length === 0) await keepSpare(digest, folder)
    return found.flat()
  }

  /** One that can never be kept is not tried again with every look. */
  async function keepSpare(digest: Digest, folder: string): Promise<void> {
    if (withoutSpare.has(digest)) return
    await shop.keepSpare(digest, folder).catch((error: unknown) => {
      if (!(error instanceof ThreewaysError)) throw error
      withoutSpare.add(digest)
      shop.say(`files of "${id}" cannot be healed, for want of another copy: ${messageOf(error)}`)
    })
  }

  async function look(): Promise<void> {
    const facts = await provider.facts(id)
    if (facts === undefined) {
      seen = new Map()
      return
    }
    const mode = facts.mode ?? modeWhenUnsaid
    if (mode === 'off') {
      folders = []
      await close([...open.keys()], 'deployment')
      return
    }
    const found = [...driftsIn(facts), ...(await schemaDrifts(facts)), ...(await fileDrifts(facts, mode))]
    const isOther = latest !== undefined && latest.revision !== facts.revision
    latest = facts
    const { confirmed, seen: next } = confirm(isOther ? new Map() : seen, found, performance.now())
    seen = next
    const there = new Set(found.map(keyOf))
    const isUnknown = (key: string) => facts.resources === undefined && key.startsWith('resource-')
    const over = [...open.keys()].filter((key) => !there.has(key) && !isUnknown(key))
    await close(over, isOther ? 'deployment' : 'others')
    await tell(confirmed, mode)
  }

  async function close(keys: readonly string[], by: 'deployment' | 'others'): Promise<void> {
    if (keys.length === 0) return
    await ledger.append(
      keys.map((key) => event(environmentHealed, envelope(), { ...about(open.get(key)!.drift), by: mending.has(key) ? 'threeways' : by })),
    )
    for (const key of keys) {
      open.delete(key)
      mending.delete(key)
    }
  }

  async function tell(confirmed: readonly Drift[], mode: DriftMode): Promise<void> {
    const now = performance.now()
    const told = confirmed.flatMap((drift): readonly Told[] => {
      const before = open.get(keyOf(drift))?.response
      if (before === 'given-up' || (before === 'alert' && mode !== 'heal')) return []
      return [{ drift, response: responseTo(mode, drift, healed.get(keyOf(drift)) ?? [], now) }]
    })
    const news = told.filter(({ drift, response }) => open.get(keyOf(drift))?.response !== response)
    if (news.length > 0) await ledger.append(news.map(({ drift, response }) => drifted(drift, response, reasonOf(response, mode))))
    for (const one of news) open.set(keyOf(one.drift), one)
    const toHeal = told.filter(({ response }) => response === 'heal').map(({ drift }) => drift)
    if (toHeal.length > 0 && healing === undefined) {
      healing = mend(toHeal)
        .catch((error: unknown) => shop.say(`environment "${id}" could not be healed: ${messageOf(error)}`))
        .finally(() => (healing = undefined))
    }
  }

  /** Counted before it is tried: what fails was tried as well. */
  async function mend(drifts: readonly Drift[]): Promise<void> {
    for (const drift of drifts) {
      healed.set(keyOf(drift), [...(healed.get(keyOf(drift)) ?? []), performance.now()])
      mending.add(keyOf(drift))
    }
    const [restored] = drifts.some(isOfFile) ? await Promise.allSettled([restore()]) : []
    // What can be put right is, whatever becomes of the rest. Files that could not be are not loaded: what runs was, before.
    const others = restored?.status === 'rejected' ? drifts.filter((drift) => !isOfFile(drift)) : drifts
    // What it changes is no other deployment.
    if (others.length > 0) await provider.mend(id, others, () => {}, signal).finally(() => (latest = undefined))
    if (restored?.status === 'rejected') throw restored.reason
  }

  async function restore(): Promise<void> {
    for (const { folder, digest } of latest?.artifacts ?? []) {
      await restoreArtifact(folder, digest, shop.spare)
      files.forget(folder)
    }
  }

  let looking: Promise<void> = Promise.resolve()
  const lookInTurn = (): Promise<void> => {
    const turn = looking.then(look)
    looking = turn.catch(() => {})
    return turn
  }
  return {
    async look() {
      // While it is put right nothing can be said of it.
      if (healing === undefined)
        await lookInTurn().catch((error: unknown) => {
          if (!signal.aborted) shop.say(`could not look for drift in "${id}": ${messageOf(error)}`)
        })
      return folders
    },
    async heal() {
      await looking
      await healing?.catch(() => {}) // Whoever asked for that one hears of it.
      // Nobody has looked yet, or since something was put right: which files there are is not known.
      if (latest === undefined) await lookInTurn()
      const all = [...open.values()].map(({ drift }) => drift)
      const drifts = all.filter((drift) => !isOfData(drift))
      if (drifts.length === 0 && all.length > 0) throw notHealed(id, all)
      if (drifts.length > 0) await (healing = mend(drifts).finally(() => (healing = undefined)))
      return drifts.map(keyOf)
    },
    gone: () => close([...open.keys()], 'others'),
    async settled() {
      await looking
      await healing?.catch(() => {})
    },
  }
}

const isOfFile = ({ kind }: Drift) => kind.startsWith('file-')

function notHealed(id: EnvironmentId, drifts: readonly Drift[]) {
  return refused('DATA_NOT_HEALED', {
    message: `of "${id}" only data has drifted, which is never touched: ${drifts.map(keyOf).join(', ')}`,
    help: 'put it right by hand, restore a backup with `threeways env restore`, or deliver a migration',
  })
}

/** A schema that had drifted before we came is compared with what it was before that. */
function recalled(open: ReadonlyMap<string, Told>): readonly (readonly [string, Digest])[] {
  return [...open.values()].flatMap(({ drift }) => {
    const before = drift.kind === 'resource-schema' ? /^schema (sha256:[0-9a-f]{64})$/.exec(drift.expected)?.[1] : undefined
    return before === undefined ? [] : [[drift.subject, before as Digest] as const]
  })
}

function reasonOf(response: Response, mode: DriftMode): string {
  if (mode !== 'heal' || response === 'heal') return ''
  return response === 'given-up'
    ? 'it was put right again and again and came back: somebody seems to want it so'
    : 'data, and services that are not to be started again, are not touched'
}
