export type InterpolationProblem = {
  readonly message: string
  readonly help: string
  /** Which `$` of the text, from 0. */ readonly nth: number
}

const dollar = /\$(?:\$|([A-Za-z_]\w*)|\{([^}]*)\}|\(|)/g

/**
 * Compose's `$`: `$$` is a dollar sign. `$NAME` and `${NAME}` would put values of the machine that reads the file into it;
 * the same commit would then mean something else elsewhere, so they are problems.
 */
export function interpolate(written: string): { readonly text: string; readonly problems: readonly InterpolationProblem[] } {
  if (!written.includes('$')) return { text: written, problems: [] }
  const problems: InterpolationProblem[] = []
  let nth = 0
  const text = written.replace(dollar, (found: string, plain?: string, braced?: string) => {
    if (found !== '$$') problems.push(problemOf(found, plain ?? braced, nth))
    nth += (found.match(/\$/g) ?? []).length
    return found === '$$' ? '$' : found
  })
  return { text, problems }
}

function problemOf(found: string, name: string | undefined, nth: number): InterpolationProblem {
  if (name === undefined) {
    return { message: `"${found}" is not complete: in Compose a dollar sign begins a variable`, help: 'write $$ for a dollar sign', nth }
  }
  return {
    message: `"${found}" would take a value from the machine that reads this file, so the same commit would mean different things`,
    help: `write the value here; what differs between environments belongs into x-threeways.environments (and $$ is a plain dollar sign)`,
    nth,
  }
}
