import { mkdtemp } from 'node:fs/promises'
import path from 'node:path'
import { refused, ThreewaysError } from '../../kernel/errors.ts'
import { removeTree } from '../candidate/folders.ts'
import type { Commit, Repository } from '../candidate/repository.port.ts'
import { definitionFile, readDefinition } from '../definition/read.ts'
import type { Definition, ReadDefinition } from '../definition/definition.ts'
import { noteOwner } from '../team/definition.ts'
import { noteNeeds, requireForBuild } from '../secret/needs.ts'
import { sourceParcel } from './worker/depot.ts'
import type { Workshop } from './execution.ts'
import { insertRun } from './engine/runs.ts'
import { stepsOf } from './steps.ts'
import type { RunRow } from './tables.ts'
import type { PlannedStep } from './work.ts'

export type DeliveryRequest = {
  /** Folder of the repository. */
  readonly repository: string
  /** @defaultValue 'HEAD' */
  readonly revision?: string | undefined
  readonly by: string
}

export type Delivered = {
  readonly run: RunRow
  /** Files of the work tree that are no part of it. */
  readonly leftOut: readonly string[]
}

/**
 * Takes a commit in for delivery. Everything that can be refused is refused here, before anything is done: the definition, what
 * the provider cannot honour, a repository without commits.
 * @throws ThreewaysError `DEFINITION_MISSING`, `DEFINITION_INVALID`, `DEFINITION_NOT_HONOURED`, and those of the repository
 */
export async function deliver(shop: Workshop, request: DeliveryRequest): Promise<Delivered> {
  return takeIn(shop, request, (definition) => stepsOf(definition))
}

/** Only makes the candidate: for an environment that somebody wants to look at. @throws as `deliver` */
export async function buildOnly(shop: Workshop, request: DeliveryRequest): Promise<Delivered> {
  return takeIn(shop, request, (definition) => stepsOf({ ...definition, stages: [] }))
}

async function takeIn(
  shop: Workshop,
  request: DeliveryRequest,
  plan: (definition: Definition) => readonly PlannedStep[],
): Promise<Delivered> {
  const repository = await shop.openRepository(request.repository)
  const commit = await repository.resolve(request.revision ?? 'HEAD')
  const { definition, team, positions } = await definitionOf(repository, commit)
  const faults = await shop.provider.refusals(definition, positions)
  if (faults.length > 0) {
    throw new ThreewaysError('refused', 'DEFINITION_NOT_HONOURED', {
      message: `${definitionFile} asks for what the ${shop.provider.name} provider cannot do`,
      faults,
      help: 'change these places, or use a provider that can',
    })
  }
  await requireForBuild(shop.ledger, definition, positions)
  const trunk = await repository.trunk()
  const onTrunk = await repository.isOnBranch(commit.sha, trunk)
  const isNewest = onTrunk && (await repository.resolve(trunk)).sha === commit.sha
  const dirty = await repository.dirtyFiles()
  if (shop.isShared()) await share(shop, repository, commit.sha)
  const reverts = (await repository.revertedIn(commit.sha)).join(' ') || null
  const run = await shop.ledger.transaction(async (tx) => {
    const inserted = await insertRun(
      tx,
      {
        ...about(shop, request, definition, commit),
        kind: 'delivery',
        branch: onTrunk ? trunk : null,
        onTrunk,
        reverts,
        candidate: null,
        reason: null,
      },
      plan(definition),
    )
    await noteNeeds(tx, inserted.id, definition, positions)
    await tx.append([...(onTrunk ? [shop.records.changeMerged(inserted)] : []), shop.records.runQueued(inserted)])
    // What a branch says is not so yet.
    if (onTrunk && team !== undefined) await noteOwner(tx, shop, { stream: definition.name, team, commit: commit.sha, isNewest })
    await tx.call(inserted.id)
    return inserted
  })
  return { run, leftOut: dirty.map(({ path }) => path) }
}

/** Other machines have no way to the repository. */
async function share({ depot, work }: Workshop, repository: Repository, sha: string): Promise<void> {
  if (await depot.wants(sourceParcel(sha))) return
  const place = await mkdtemp(path.join(work, 'leaving-'))
  try {
    await repository.checkout(sha, path.join(place, 'source'))
    await depot.put(sourceParcel(sha), path.join(place, 'source'))
  } finally {
    await removeTree(place)
  }
}

async function definitionOf(repository: Repository, commit: Commit): Promise<ReadDefinition> {
  const text = await repository.readFile(commit.sha, definitionFile)
  if (text !== undefined) return readDefinition(text, definitionFile)
  throw refused('DEFINITION_MISSING', {
    message: `commit ${commit.sha.slice(0, 8)} has no ${definitionFile}`,
    help: 'write one with `threeways init`, and commit it',
  })
}

function about(shop: Workshop, request: DeliveryRequest, definition: Definition, commit: Commit) {
  return {
    id: shop.newId(),
    stream: definition.name,
    repository: request.repository,
    commit: commit.sha,
    author: commit.author.name,
    summary: commit.summary,
    committedAt: commit.committedAt,
    fixesStop: commit.fixesStop ?? null,
    definition,
    requestedBy: request.by,
    queuedAt: shop.clock.instant(),
    origin: shop.homeId,
    place: null,
  }
}
