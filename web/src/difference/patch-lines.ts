export type PatchLine = {
  readonly kind: 'added' | 'removed' | 'same' | 'place'
  readonly text: string
  /** Line numbers on each side, from 1. */
  readonly from?: number
  readonly to?: number
}

/** Cuts a unified diff of one file into lines; its head (names, modes) is left out. */
export function linesOf(patch: string): readonly PatchLine[] {
  const lines: PatchLine[] = []
  let [from, to] = [0, 0]
  for (const raw of patch.split('\n')) {
    const place = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@ ?(.*)$/.exec(raw)
    if (place !== null) {
      ;[from, to] = [Number(place[1]), Number(place[2])]
      lines.push({ kind: 'place', text: place[3] ?? '' })
    } else if (lines.length === 0) continue
    else if (raw.startsWith('+')) lines.push({ kind: 'added', text: raw.slice(1), to: to++ })
    else if (raw.startsWith('-')) lines.push({ kind: 'removed', text: raw.slice(1), from: from++ })
    else if (raw.startsWith(' ')) lines.push({ kind: 'same', text: raw.slice(1), from: from++, to: to++ })
    else if (raw.startsWith('\\')) lines.push({ kind: 'place', text: 'no line end at the end of the file' })
  }
  return lines
}
