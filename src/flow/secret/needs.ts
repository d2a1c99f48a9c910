import { ThreewaysError } from '../../kernel/errors.ts'
import type { Ledger, LedgerTransaction } from '../../ledger/ledger.ts'
import type { Definition, Positions } from '../definition/definition.ts'
import { needsOfBuild, needsOfStage, type Need } from '../definition/secret-use.ts'
import { chosen, commandToSet } from './secrets.ts'
import { secretTables } from './tables.ts'

/** A secret without a value, and where the file asks for it. */
export type Missing = { readonly secret: string; readonly environment: string; readonly place: string }

const placeOf = (positions: Positions, { pointer }: Need) => {
  const { file, line, column } = positions.at(pointer)
  return `${file}:${line}:${column}`
}

/** Written with the delivery: what its stages need can be said at its place of the file when they are asked. */
export async function noteNeeds(tx: LedgerTransaction, run: string, definition: Definition, positions: Positions): Promise<void> {
  const rows = definition.stages.flatMap((stage) =>
    needsOfStage(definition, stage).map((need) => {
      return { run, stage: stage.name, secret: need.secret, environment: stage.environment ?? '', place: placeOf(positions, need) }
    }),
  )
  if (rows.length > 0)
    await secretTables(tx)
      .insertInto('secretNeed')
      .values(rows)
      .onConflict((c) => c.doNothing())
      .execute()
}

/** What keeps a delivery out of a stage. */
export async function missingFor(place: Pick<Ledger, 'db'>, stream: string, run: string, stage: string): Promise<readonly Missing[]> {
  const needs = await secretTables(place).selectFrom('secretNeed').selectAll().where('run', '=', run).where('stage', '=', stage).execute()
  if (needs.length === 0) return []
  const there = await chosen(place, stream, needs[0]!.environment, [...new Set(needs.map(({ secret }) => secret))])
  return needs.filter(({ secret }) => !there.has(secret))
}

/** A build begins at once, so it is refused at once. @throws ThreewaysError `SECRET_MISSING` with faults */
export async function requireForBuild(place: Pick<Ledger, 'db'>, definition: Definition, positions: Positions): Promise<void> {
  const needs = needsOfBuild(definition)
  if (needs.length === 0) return
  const there = await chosen(place, definition.name, '', [...new Set(needs.map(({ secret }) => secret))])
  const missing = needs.filter(({ secret }) => !there.has(secret))
  if (missing.length === 0) return
  throw new ThreewaysError('refused', 'SECRET_MISSING', {
    message: `the build needs ${missing.map(({ secret }) => `"${secret}"`).join(', ')}, which ${missing.length === 1 ? 'has' : 'have'} no value`,
    help: `give it one with \`${commandToSet(missing[0]!.secret, '')}\`, and deliver again`,
    faults: missing.map(({ secret, pointer }) => {
      return { path: pointer, message: `secret "${secret}" has no value`, help: commandToSet(secret, ''), ...positions.at(pointer) }
    }),
  })
}
