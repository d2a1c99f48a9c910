/** A command line as words, or why it cannot be split. `offset` is where in the text, from 0. */
export type Words = { readonly words: readonly string[] } | { readonly problem: string; readonly offset: number }

const space = /[ \t\n\r]/
const shellCharacters = new Set('&|;<>`()*?[]{}$\n'.split(''))

/**
 * Splits a command line into words as a shell would, with quotes and backslashes, but is no shell: whatever needs one
 * (pipes, `&&`, redirections, variables, patterns) is a problem, because passing it on as plain text would do something else
 * than it says.
 */
export function splitWords(text: string): Words {
  const words: string[] = []
  let word: string | undefined
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!
    if (shellCharacters.has(char)) return { problem: `"${shellToken(text, at)}" needs a shell`, offset: at }
    if (space.test(char)) {
      if (word !== undefined) words.push(word)
      word = undefined
      continue
    }
    if (word === undefined) {
      const problem = problemAtStart(text.slice(at), words.length === 0)
      if (problem !== undefined) return { problem, offset: at }
    }
    const piece = readPiece(text, at)
    if ('problem' in piece) return piece
    word = (word ?? '') + piece.text
    at = piece.end
  }
  if (word !== undefined) words.push(word)
  return { words }
}

function shellToken(text: string, at: number): string {
  return /^(&&|\|\||>>|<<|\$\(|[^\n])/.exec(text.slice(at))?.[0] ?? 'a line break'
}

function problemAtStart(rest: string, firstWord: boolean): string | undefined {
  if (rest.startsWith('#')) return '"#" would begin a comment in a shell'
  if (rest.startsWith('~')) return '"~" needs a shell'
  const assignment = firstWord ? /^[A-Za-z_]\w*=/.exec(rest) : null
  return assignment ? `"${assignment[0]}" sets a variable, which needs a shell` : undefined
}

/** One quoted part, one escaped or plain character; `end` is the offset of its last character. */
function readPiece(
  text: string,
  at: number,
): { readonly text: string; readonly end: number } | { readonly problem: string; readonly offset: number } {
  const char = text[at]!
  if (char === '\\') {
    return at + 1 < text.length ? { text: text[at + 1]!, end: at + 1 } : { problem: 'a backslash at the end escapes nothing', offset: at }
  }
  if (char === "'") {
    const end = text.indexOf("'", at + 1)
    return end === -1 ? { problem: 'a single quote is not closed', offset: at } : { text: text.slice(at + 1, end), end }
  }
  return char === '"' ? readDoubleQuoted(text, at) : { text: char, end: at }
}

function readDoubleQuoted(text: string, start: number): ReturnType<typeof readPiece> {
  let inside = ''
  for (let at = start + 1; at < text.length; at++) {
    const char = text[at]!
    if (char === '"') return { text: inside, end: at }
    if (char === '$' || char === '`') return { problem: `"${shellToken(text, at)}" needs a shell`, offset: at }
    if (char === '\\' && '"\\$`'.includes(text[at + 1] ?? ' ')) inside += text[++at]
    else inside += char
  }
  return { problem: 'a double quote is not closed', offset: start }
}
