import type { Owners } from './owners.ts'
import { TeamName } from './schemas.ts'

/** What a board is asked beside its window. */
export const ofTeam = {
  team: TeamName.optional().meta({ description: 'only value streams that belong to this team, or with `asOf` belonged to it then' }),
}
type Asked = { readonly team?: string | undefined; readonly asOf?: string | undefined }

/**
 * The value streams that a board is of. undefined: all of them.
 * @throws ThreewaysError `TEAM_NOT_FOUND`
 */
export async function streamsMeant(
  owners: () => Promise<Owners>,
  { team, asOf }: Asked,
  nowMs: number,
): Promise<ReadonlySet<string> | undefined> {
  return team === undefined ? undefined : (await owners()).streamsOf(team, asOf === undefined ? nowMs : Date.parse(asOf))
}
