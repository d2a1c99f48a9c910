import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Whole stories first, then what starts processes, then the rest: the last file to begin must not be a long one. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    return sorted.toSorted((a, b) => rank(a) - rank(b))
  }
}

function rank({ moduleId }: TestSpecification): number {
  if (moduleId.endsWith('.e2e.test.ts')) return 0
  return moduleId.endsWith('.int.test.ts') ? 1 : 2
}
