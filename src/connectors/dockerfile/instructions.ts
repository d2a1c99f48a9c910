/** One instruction of a Dockerfile: `CMD`, and what follows it on the line and its continuations. */
export type Instruction = { readonly name: string; readonly text: string }

/** Splits a Dockerfile into instructions: comments, continuations, the escape directive and here-documents are understood. */
export function instructionsOf(dockerfile: string): readonly Instruction[] {
  const escape = /^\s*#\s*escape\s*=\s*`/im.test(dockerfile.split('\n', 5).join('\n')) ? '`' : '\\'
  const lines = dockerfile.split(/\r?\n/)
  const instructions: Instruction[] = []
  for (let at = 0; at < lines.length; at++) {
    if (isNothing(lines[at]!)) continue
    let text = ''
    for (;;) {
      const line = lines[at]!.trimEnd()
      const continued = line.endsWith(escape) && at + 1 < lines.length
      text += `${continued ? line.slice(0, -1) : line} `
      if (!continued) break
      // Comments and empty lines inside a continued instruction are skipped.
      do at++
      while (at + 1 < lines.length && isNothing(lines[at]!))
    }
    const [, name, rest] = /^\s*([A-Za-z]+)\s*([^]*)$/.exec(text) ?? []
    if (name === undefined) continue
    instructions.push({ name: name.toUpperCase(), text: rest!.trim() })
    at = skipHereDocuments(lines, at, rest!)
  }
  return instructions
}

const isNothing = (line: string) => /^\s*(#|$)/.test(line)

function skipHereDocuments(lines: readonly string[], at: number, text: string): number {
  let last = at
  for (const [, word] of text.matchAll(/<<-?["']?([A-Za-z_]\w*)["']?/g)) {
    const end = lines.findIndex((line, index) => index > last && line.trim() === word)
    if (end !== -1) last = end
  }
  return last
}

/** The instructions of the last stage: those that say how the image runs. */
export function lastStage(instructions: readonly Instruction[]): readonly Instruction[] {
  return instructions.slice(instructions.findLastIndex(({ name }) => name === 'FROM') + 1)
}

/** `ENV a=b c="d e"`, or the old `ENV a b`. Text with variables in it comes back as it stands. */
export function assignments(text: string): readonly (readonly [string, string])[] {
  if (!/^\s*[^\s=]+=/.test(text)) {
    const [, name, value] = /^(\S+)\s+([^]*)$/.exec(text) ?? []
    return name === undefined ? [] : [[name, value!]]
  }
  const pair = /([^\s=]+)=("(?:\\.|[^"\\])*"|'[^']*'|(?:\\.|[^\s\\])*)/g
  return [...text.matchAll(pair)].map(([, name, value]) => [name!, unquote(value!)])
}

function unquote(value: string): string {
  const quoted = /^(["'])([^]*)\1$/.exec(value)
  return (quoted ? quoted[2]! : value).replace(/\\(.)/g, '$1')
}
