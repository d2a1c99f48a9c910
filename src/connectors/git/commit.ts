import { instantOf, type Instant } from '../../kernel/clock.ts'
import type { Commit } from '../../flow/candidate/repository.port.ts'

/** For `git show`: fields end with NUL, which no commit can hold. */
export const commitFormat = ['%H', '%P', '%an', '%ae', '%at', '%ct', '%s', '%(trailers:only=true,unfold=true)', '%B'].join('%x00')

const latestMs = Date.UTC(9999, 11, 31)

/** Reads what `git show` wrote with {@link commitFormat}. */
export function parseCommit(text: string): Commit {
  const [sha = '', parents = '', name = '', email = '', authored = '', committed = '', summary = '', trailers = '', ...message] =
    text.split('\0')
  const parsed = parseTrailers(trailers)
  const fixes = parsed.filter(({ key }) => key.toLowerCase() === 'fixes-stop').map(({ value }) => value)
  return {
    sha,
    author: { name: plain(name, 200), email: plain(email, 320) },
    authoredAt: instant(authored),
    committedAt: instant(committed),
    summary: plain(summary, 500),
    message: message.join('').trimEnd().slice(0, 65_536).toWellFormed(),
    trailers: parsed,
    fixesStop: fixes.length === 0 ? undefined : fixes.join(' '),
    parents: parents === '' ? [] : parents.split(' '),
  }
}

function parseTrailers(text: string): Commit['trailers'] {
  return text.split('\n').flatMap((line) => {
    const colon = line.indexOf(':')
    return colon < 1 ? [] : [{ key: line.slice(0, colon).trim(), value: plain(line.slice(colon + 1).trim(), 2_000) }]
  })
}

/** Seconds since the epoch. A commit may claim any; what no calendar holds is brought to its ends. */
function instant(seconds: string): Instant {
  return instantOf(Math.min(Math.max(Number(seconds) * 1000 || 0, 0), latestMs))
}

/** One line without control characters: names and subjects end up in terminals. */
function plain(text: string, lengthMax: number): string {
  const line = text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').trim()
  return line.length <= lengthMax ? line : `${line.slice(0, lengthMax - 1).toWellFormed()}…`
}
