/** How a stretch of log text looks. Colours: 0–15 by the palette, otherwise `#rrggbb`. */
export type Style = {
  readonly fg?: number | string
  readonly bg?: number | string
  readonly bold?: true
  readonly dim?: true
  readonly italic?: true
  readonly underline?: true
  readonly strike?: true
  readonly inverse?: true
}
export type Piece = { readonly text: string; readonly style: Style }

export const plain: Style = {}

/** Escape sequences: colours and styles (CSI … m) are kept, everything else a program sends to a terminal is dropped. */
const sequence = /\x1b(?:\[([0-?]*)[ -/]*([@-~])|\][^\x07\x1b]*(?:\x07|\x1b\\)|[PX^_][^\x1b]*\x1b\\|[ -/]*[0-~])/g
const strayControls = /[\x00-\x08\x0b-\x1f\x7f]/g

/** Cuts one line into pieces of one look each. @returns the pieces, and the look the next line starts with */
export function parseAnsi(line: string, start: Style): readonly [readonly Piece[], Style] {
  const pieces: Piece[] = []
  let style = start
  let at = 0
  const push = (text: string) => {
    const clean = text.replace(strayControls, '')
    if (clean !== '') pieces.push({ text: clean, style })
  }
  for (const match of line.matchAll(sequence)) {
    push(line.slice(at, match.index))
    at = match.index + match[0].length
    if (match[2] === 'm') style = restyle(style, match[1] ?? '')
  }
  push(line.slice(at))
  return [pieces, style]
}

const switches: Record<number, Style> = {
  1: { bold: true },
  2: { dim: true },
  3: { italic: true },
  4: { underline: true },
  7: { inverse: true },
  9: { strike: true },
}
const ends: Record<number, readonly (keyof Style)[]> = {
  22: ['bold', 'dim'],
  23: ['italic'],
  24: ['underline'],
  27: ['inverse'],
  29: ['strike'],
  39: ['fg'],
  49: ['bg'],
}

function without(style: Style, keys: readonly (keyof Style)[]): Style {
  return Object.fromEntries(Object.entries(style).filter(([key]) => !keys.includes(key as keyof Style)))
}

function restyle(before: Style, parameters: string): Style {
  const codes = parameters.split(/[;:]/).map(Number)
  let style = before
  for (let index = 0; index < codes.length; index++) {
    const code = codes[index] ?? 0
    if (code === 0) style = plain
    else if (switches[code]) style = { ...style, ...switches[code] }
    else if (ends[code]) style = without(style, ends[code])
    else if (code === 38 || code === 48) {
      const [color, used] = extended(codes, index + 1)
      if (color !== undefined) style = { ...style, [code === 38 ? 'fg' : 'bg']: color }
      index += used
    } else {
      const color = basic(code)
      if (color !== undefined) style = { ...style, ...color }
    }
  }
  return style
}

function basic(code: number): Style | undefined {
  if (code >= 30 && code <= 37) return { fg: code - 30 }
  if (code >= 40 && code <= 47) return { bg: code - 40 }
  if (code >= 90 && code <= 97) return { fg: code - 82 }
  if (code >= 100 && code <= 107) return { bg: code - 92 }
  return undefined
}

const hex = (...parts: readonly number[]) => `#${parts.map((part) => Math.min(255, part).toString(16).padStart(2, '0')).join('')}`

/** `5;n` (256 colours) or `2;r;g;b`. @returns the colour and how many codes it took */
function extended(codes: readonly number[], at: number): readonly [number | string | undefined, number] {
  const byte = (offset: number) => Math.min(255, Math.max(0, Math.trunc(codes[at + offset] ?? 0) || 0))
  if (codes[at] === 2) return [hex(byte(1), byte(2), byte(3)), 4]
  if (codes[at] !== 5) return [undefined, 0]
  const n = byte(1)
  if (n < 16) return [n, 2]
  if (n >= 232) return [hex(...Array.from({ length: 3 }, () => 8 + (n - 232) * 10)), 2]
  const level = (value: number) => (value === 0 ? 0 : 55 + value * 40)
  return [hex(level(Math.floor((n - 16) / 36)), level(Math.floor((n - 16) / 6) % 6), level((n - 16) % 6)), 2]
}
