import type { Commit } from '../../flow/candidate/repository.port.ts'
import { git } from './command.ts'

const coAuthor = /^(.*?)\s*<([^<>\s]+@[^<>\s]+)>$/

/** Who wrote the commits that `to` has and `from` has not; without `from`, `to` alone. Both are full names of commits. */
export async function authors(root: string, from: string | undefined, to: string): Promise<readonly Commit['author'][]> {
  const range = from === undefined ? ['--max-count=1', to] : [`${from}..${to}`]
  const trailers = '%(trailers:key=Co-authored-by,valueonly=true,unfold=true,separator=%x01)'
  const log = await git(root, ['log', '-z', '--no-notes', `--format=tformat:%an%x00%ae%x00${trailers}`, ...range, '--'], {
    outputBytesMax: 64 * 1024 * 1024,
  })
  const found = new Map<string, Commit['author']>()
  const add = (name: string, email: string) => {
    if (!found.has(email.toLowerCase())) found.set(email.toLowerCase(), { name, email })
  }
  const fields = log.split('\0')
  for (let at = 0; at + 2 < fields.length; at += 3) {
    add(fields[at]!, fields[at + 1]!)
    for (const value of fields[at + 2]!.split('\u0001')) {
      const [, name, email] = coAuthor.exec(value.trim()) ?? []
      if (email !== undefined) add(name || email, email)
    }
  }
  return [...found.values()]
}
