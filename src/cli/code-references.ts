import { askGit } from '../connectors/git/command.ts'
import { invalid } from '../kernel/errors.ts'

const placesMax = 50
const namesAtOnce = 200

/**
 * Where the tracked files of a repository name flags, as `file:line`; a name within a longer word is not one.
 * @param asked - whether somebody named the folder: one that is no repository is an error then
 * @returns undefined where it is no repository and nobody asked
 * @throws ThreewaysError `REPOSITORY_MISSING`
 */
export async function codeReferences(
  folder: string,
  names: readonly string[],
  asked: boolean,
): Promise<ReadonlyMap<string, readonly string[]> | undefined> {
  const isRepository = (await askGit(folder, ['rev-parse', '--git-dir'])).code === 0
  if (!isRepository) {
    if (!asked) return undefined
    throw invalid('REPOSITORY_MISSING', { message: `"${folder}" is no git repository`, help: 'name the repository with --code' })
  }
  const found = new Map(names.map((name): [string, string[]] => [name, []]))
  for (let at = 0; at < names.length; at += namesAtOnce) {
    const some = names.slice(at, at + namesAtOnce)
    const { stdout } = await askGit(folder, ['grep', '-n', '-o', '-I', '-w', '-F', ...some.flatMap((name) => ['-e', name])])
    for (const line of stdout.split('\n')) {
      const [, place, name] = /^(.*:\d+):(.*)$/.exec(line) ?? []
      const places = found.get(name ?? '')
      if (place !== undefined && places !== undefined && places.length < placesMax && !places.includes(place)) places.push(place)
    }
  }
  return found
}
