import type { StopView } from '../api/types.ts'

const causes: Readonly<Record<StopView['cause'], string>> = {
  person: 'pulled by hand',
  rollback: 'after a rollback',
  canary: 'after a failed canary',
  'red-trunk': 'because the trunk is red',
  undecided: 'because a check did not decide',
  batch: 'for a batch that is too large',
}

/** What stopped a line, in words. A cause that a newer server knows is named as it is. */
export const causeOf = (cause: StopView['cause']): string => causes[cause] ?? cause.replaceAll('-', ' ')
