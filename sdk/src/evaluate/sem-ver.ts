type Version = { readonly numbers: readonly [number, number, number]; readonly before: readonly string[] }

const lengthMax = 256

/**
 * A version as flagd's providers read it: semver 2.0, a leading v, and one or two numbers only ("1", "1.2"). Build metadata says nothing.
 * @returns undefined when it is no version
 */
export function versionOf(raw: unknown): Version | undefined {
  if (typeof raw !== 'string' && typeof raw !== 'number') return undefined
  let text = String(raw)
  if (text.length > lengthMax) return undefined
  if (text.startsWith('v') || text.startsWith('V')) text = text.slice(1)
  const plus = text.indexOf('+')
  const build = plus < 0 ? undefined : text.slice(plus + 1)
  if (build !== undefined && !build.split('.').every(isIdentifier)) return undefined
  const rest = plus < 0 ? text : text.slice(0, plus)
  const dash = rest.indexOf('-')
  const before = dash < 0 ? [] : rest.slice(dash + 1).split('.')
  const parts = (dash < 0 ? rest : rest.slice(0, dash)).split('.')
  const partial = dash < 0 && plus < 0 && parts.length < 3
  if (parts.length > 3 || (parts.length < 3 && !partial)) return undefined
  if (!parts.every((part) => isNumeric(part) && (partial || !leadsWithZero(part)))) return undefined
  if (!before.every((one) => isIdentifier(one) && !(isNumeric(one) && leadsWithZero(one)))) return undefined
  return { numbers: [Number(parts[0]), Number(parts[1] ?? 0), Number(parts[2] ?? 0)], before }
}

function isNumeric(text: string): boolean {
  if (text === '' || text.length > 15) return false
  for (let i = 0; i < text.length; i++) if (!isDigit(text.charCodeAt(i))) return false
  return true
}

function isIdentifier(text: string): boolean {
  if (text === '') return false
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    const letter = (unit >= 65 && unit <= 90) || (unit >= 97 && unit <= 122)
    if (!letter && !isDigit(unit) && unit !== 45) return false
  }
  return true
}

const isDigit = (unit: number): boolean => unit >= 48 && unit <= 57
const leadsWithZero = (text: string): boolean => text.length > 1 && text.startsWith('0')

/** Negative, 0 or positive (semver 2.0, 11): a version comes after its own pre-releases. */
export function compareVersions(one: Version, other: Version): number {
  for (let i = 0; i < 3; i++) if (one.numbers[i] !== other.numbers[i]) return one.numbers[i]! - other.numbers[i]!
  if (one.before.length === 0 || other.before.length === 0) return other.before.length - one.before.length
  for (let i = 0; i < Math.min(one.before.length, other.before.length); i++) {
    const order = compareIdentifiers(one.before[i]!, other.before[i]!)
    if (order !== 0) return order
  }
  return one.before.length - other.before.length
}

function compareIdentifiers(one: string, other: string): number {
  const numeric = isNumeric(one)
  if (numeric !== isNumeric(other)) return numeric ? -1 : 1
  if (numeric) return Number(one) - Number(other)
  return one === other ? 0 : one < other ? -1 : 1
}

/** flagd's comparisons; `^` the same major, `~` the same minor version. */
export const versionOperators: Readonly<Record<string, (one: Version, other: Version) => boolean>> = {
  '=': (one, other) => compareVersions(one, other) === 0,
  '!=': (one, other) => compareVersions(one, other) !== 0,
  '<': (one, other) => compareVersions(one, other) < 0,
  '<=': (one, other) => compareVersions(one, other) <= 0,
  '>': (one, other) => compareVersions(one, other) > 0,
  '>=': (one, other) => compareVersions(one, other) >= 0,
  '^': (one, other) => one.numbers[0] === other.numbers[0],
  '~': (one, other) => one.numbers[0] === other.numbers[0] && one.numbers[1] === other.numbers[1],
}
