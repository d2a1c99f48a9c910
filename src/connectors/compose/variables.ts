/** Variables of a Compose service whose value is in the file, and those whose value is not. */
export type ReadVariables = {
  readonly values: Readonly<Record<string, string>>
  readonly leftOut: readonly { readonly name: string; readonly why: string }[]
}

const reference = /\$\$|\$\{([A-Za-z_]\w*)(?::?-([^}]*))?\}|\$([A-Za-z_]\w*)/g

/** Reads `environment` in both forms. A value from the machine (`${NAME}`) is left out, unless it has a default. */
export function variablesOf(written: unknown): ReadVariables {
  const values: Record<string, string> = {}
  const leftOut: { name: string; why: string }[] = []
  for (const [name, value] of pairs(written)) {
    const text = value === undefined ? undefined : resolved(value)
    if (text === undefined) leftOut.push({ name, why: 'its value comes from the machine: write it into the file if it is no secret' })
    else values[name] = text
  }
  return { values, leftOut }
}

function pairs(written: unknown): readonly (readonly [string, string | undefined])[] {
  if (Array.isArray(written)) {
    return written.map((entry) => {
      const [, name, value] = /^([^=]*)(?:=([^]*))?$/.exec(String(entry)) ?? []
      return [name ?? '', value]
    })
  }
  if (typeof written !== 'object' || written === null) return []
  return Object.entries(written).map(([name, value]) => [name, value === null || typeof value === 'object' ? undefined : String(value)])
}

/** `$$` is a dollar sign, `${A:-b}` is b; undefined when only the machine knows. */
function resolved(value: string): string | undefined {
  let known = true
  const text = value.replace(reference, (found: string, _name?: string, fallback?: string) => {
    if (found === '$$') return '$'
    if (fallback === undefined) known = false
    return fallback ?? ''
  })
  return known ? text : undefined
}
