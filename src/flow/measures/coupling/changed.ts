import { touches } from '../../lineage/links.ts'
import type { Lineages } from '../../lineage/lineages.ts'
import type { Window } from '../stream-flow.ts'

export type Known = Pick<Lineages, 'repositories' | 'changesOf'>

/**
 * Which value streams each change of a shared repository touched: those that own paths of it. A stream that owns all of a repository is
 * touched by every change of it, which says nothing.
 * @returns for each change in turn the streams, as deployments at a time of its own, and how many changes there were
 */
export function changedTogether({ repositories: { repositories, links }, changesOf }: Known, { since, until, asOf }: Window) {
  const touched: { readonly stream: string; readonly at: number }[] = []
  let changes = 0
  for (const repository of [...repositories.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const owners = links
      .streamsOf(repository.name)
      .flatMap((stream) =>
        links
          .of(stream, [repository.name])
          .flatMap(({ repository: name, paths }) => (name === repository.name && paths.length > 0 ? [{ stream, paths }] : [])),
      )
    if (owners.length < 2) continue
    for (const { commits, merged } of changesOf(repository)) {
      if (merged < since || merged >= until || merged > asOf) continue
      const at = changes++
      const paths = commits.flatMap((commit) => repository.graph.pathsOf(commit) ?? [])
      for (const { stream, paths: owned } of owners) if (paths.length > 0 && touches(paths, owned)) touched.push({ stream, at })
    }
  }
  return { touched, changes }
}
