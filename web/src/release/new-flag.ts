import type { FlagView } from '../api/types.ts'

const quarterMs = 90 * 86_400_000

/** The file of a flag to begin with: off wherever there are flags, so that publishing it shows nobody anything. */
export function newFlagText(flags: readonly FlagView[], now: Date): string {
  const named = [...new Set(flags.flatMap(({ environments }) => environments.map(({ environment }) => environment)))].toSorted()
  const places = named.length === 0 ? ['production'] : named
  return [
    'flag: new-flag  # what code asks for',
    'description: What users get',
    'owner: my-team  # who answers for it',
    'purpose: release  # release, experiment, operations, permission',
    `expires: ${new Date(now.getTime() + quarterMs).toISOString().slice(0, 10)}  # the day by which it should be gone from the code`,
    'environments:',
    ...places.map((place) => `  ${place}: {state: off}`),
    '',
  ].join('\n')
}
