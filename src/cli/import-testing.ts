import { readFileSync } from 'node:fs'
import path from 'node:path'
import { createEvaluator } from '../../sdk/src/evaluate/evaluator.ts'
import { imported } from '../../sdk/src/imported/index.ts'
import { acceptable } from '../flow/flags/bring.ts'
import { compile } from '../flow/flags/compile.ts'
import { readFlag } from '../flow/flags/document.ts'
import type { Translation } from '../flow/flags/import.port.ts'
import { checkRequirements } from '../flow/flags/policy.ts'
import { slotsOf } from '../flow/flags/slots.ts'

/** The flags that were brought in, as they are served, for tests. */
export function evaluatorOf(translation: Translation, environment = 'production') {
  const { flags, refused } = acceptable(translation)
  const read = flags.map(({ flag, document }) => readFlag(JSON.stringify(document), flag))
  const byName = new Map(read.map((flag) => [flag.flag, flag]))
  for (const flag of read) checkRequirements(flag, byName)
  const set = compile(
    read.map((flag) => ({ flag, slots: slotsOf(flag, {}), revision: 1 })),
    environment,
    1,
  )
  return { flags: createEvaluator(set, { extension: imported }), read: byName, set, refused }
}

/** What people are told of it. */
export const importPage = () => readFileSync(path.resolve(import.meta.dirname, '../../docs/flags-import.md'), 'utf8')
