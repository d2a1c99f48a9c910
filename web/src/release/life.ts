import type { FlagBeside } from '../api/types.ts'
import type { Revision } from './history.ts'

export type Deployment = FlagBeside['deployments'][number]
export type Incident = FlagBeside['incidents'][number]

/** What a flag's life is made of. */
export type Entry =
  | { readonly kind: 'revision'; readonly at: string; readonly revision: Revision; readonly earlier: Revision | undefined }
  /** One after the other to one environment, with nothing in between; newest first. */
  | { readonly kind: 'deployments'; readonly at: string; readonly environment: string; readonly all: readonly Deployment[] }
  | { readonly kind: 'incident'; readonly at: string; readonly incident: Incident }

/** Revisions with what happened to the flag's service meanwhile, newest first. Pure. @param revisions - newest first */
export function lifeOf(
  revisions: readonly Revision[],
  { deployments, incidents }: Pick<FlagBeside, 'deployments' | 'incidents'>,
): readonly Entry[] {
  const entries: readonly Entry[] = [
    ...revisions.map((revision, place): Entry => ({ kind: 'revision', at: revision.at, revision, earlier: revisions[place + 1] })),
    ...deployments.map((one): Entry => ({ kind: 'deployments', at: one.at, environment: one.environment, all: [one] })),
    ...incidents.map((incident): Entry => ({ kind: 'incident', at: incident.at, incident })),
  ]
  const sorted = entries.toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at))
  const merged: Entry[] = []
  for (const entry of sorted) {
    const above = merged.at(-1)
    if (above?.kind === 'deployments' && entry.kind === 'deployments' && above.environment === entry.environment)
      merged[merged.length - 1] = { ...above, all: [...above.all, ...entry.all] }
    else merged.push(entry)
  }
  return merged
}
