import { canonicalJson } from '../../kernel/digest.ts'
import { invalid, ThreewaysError } from '../../kernel/errors.ts'
import { readFlag } from './document.ts'
import type { Flag } from './flag.ts'
import { planned } from './plan.ts'
import { documentOf } from './written.ts'

/** @throws ThreewaysError `FLAG_TWICE` */
export function checkOnce(read: readonly { readonly flag: Flag; readonly file: string }[]): void {
  const files = new Map<string, string>()
  for (const { flag, file } of read) {
    const other = files.get(flag.flag)
    if (other !== undefined)
      throw invalid('FLAG_TWICE', { message: `${other} and ${file} are both of the flag "${flag.flag}"`, help: 'remove one of them' })
    files.set(flag.flag, file)
  }
}

/** Whether two flags are the same in a file, which cannot say how far a plan is. */
export function sameFile(one: Flag | undefined, other: Flag): boolean {
  return one !== undefined && canonicalJson(inFile(one)) === canonicalJson(inFile(other))
}

function inFile(flag: Flag): object {
  const settings = Object.entries(flag.environments).map(([name, setting]) => {
    const { plan, serve, ...rest } = setting
    return [name, { ...rest, plan: planned(plan), ...(plan === null ? { serve } : {}) }]
  })
  return { ...flag, environments: Object.fromEntries(settings) as object }
}

/** The same checks as for a file, in the same words; lines and columns of a file that is none would mean nothing. @throws ThreewaysError `FLAG_INVALID` */
export function checkWords(flag: Flag): void {
  try {
    readFlag(JSON.stringify(documentOf(flag)), flag.flag)
  } catch (error) {
    if (!(error instanceof ThreewaysError)) throw error
    const faults = error.faults.map(({ path, message, help }) => ({ path, message, ...(help === undefined ? {} : { help }) }))
    const [first] = faults
    throw invalid('FLAG_INVALID', {
      message: `${flag.flag}: ${first!.path.slice(1)}: ${first!.message}`,
      ...(first!.help === undefined ? {} : { help: first!.help }),
      faults,
    })
  }
}
