const units: Readonly<Record<string, number>> = { b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 }

/** The written form, as Compose has it: `512k`, `256M`, `1.5gb`. */
export const bytesPattern = '^\\d+(\\.\\d+)?\\s*([bB]|[kKmMgGtT][bB]?)?$'

/** Powers of 1024, as in Compose. Pure. @returns undefined: it is none */
export function parseBytes(text: string): number | undefined {
  const found = new RegExp(bytesPattern).test(text) ? /^([\d.]+)\s*(\w?)/.exec(text) : null
  if (!found) return undefined
  return Math.round(Number(found[1]) * units[found[2]!.toLowerCase() || 'b']!)
}

/** For people: `256 MiB`. */
export function formatBytes(bytes: number): string {
  const names = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let value = bytes
  let unit = 0
  for (; value >= 1024 && unit < names.length - 1; unit++) value /= 1024
  return `${Number.isInteger(value) ? value : value.toFixed(1)} ${names[unit]}`
}
