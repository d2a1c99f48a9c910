/** What the messages of a change name. Letters of repositories are small: hosts do not tell them apart. */
export type Names = {
  /** `ABC-123`, in capitals. */
  readonly tickets: ReadonlySet<string>
  /** The same in small letters, from names of branches: as good as those of which the project is elsewhere in capitals. */
  readonly small: ReadonlySet<string>
  /** Issues and requests by their repository: `acme/till#12`; requests of GitLab `acme/till!12`; cards by their address. */
  readonly references: ReadonlySet<string>
  /** Commits by their repository: `acme/till@1a2b3c4`. */
  readonly commits: ReadonlySet<string>
}

/** Looks like a ticket and is a standard, a licence, a time zone, or (GH) an issue of the repository itself, which is not the one of another. */
const standards = new Set(
  'AES AGPL CVE CWE ECMA GH GMT GPL HMAC HTTP IEC IEEE ISO LGPL MD PEP PSR RFC RSA SHA SSL TLS UCS UTC UTF'.split(' '),
)
const ticket = /(?<![A-Za-z0-9]|[A-Z0-9]-)([A-Z][A-Z0-9]{1,9})-[1-9]\d{0,6}(?![A-Za-z0-9]|[-.]\d)/g
const smallTicket = /(?<![A-Za-z0-9]|[a-z0-9]-)[a-z][a-z0-9]{1,9}-[1-9]\d{0,6}(?![A-Za-z0-9]|[-.]\d)/g
/** A merge says which branch it brought. */
const branch = /^Merge pull request #\d+ from \S+?\/(\S+)|^Merge(?:d in)? (?:remote-tracking )?(?:branch )?'?([^'\s]+)/
const qualified = /(?<![\w./-])([\w.-]+(?:\/[\w.-]+)+)([#!])([1-9]\d{0,8})\b/g
const committed = /(?<![\w./-])([\w.-]+(?:\/[\w.-]+)+)@([0-9a-f]{7,64})\b/g
const address =
  /https?:\/\/[^/\s]+\/([\w.-]+(?:\/[\w.-]+)+?)\/(?:-\/)?(?:(pull|pulls|pull-requests|issues|merge_requests)\/([1-9]\d{0,8})|commits?\/([0-9a-f]{7,64}))\b/g
const card = /https?:\/\/trello\.com\/c\/(\w{4,32})/g

/** Reads messages, line by line, for what they name beside their own request. */
export function namesIn(messages: readonly string[]): Names {
  const [tickets, small, references, commits] = [new Set<string>(), new Set<string>(), new Set<string>(), new Set<string>()]
  for (const message of messages) {
    // Most messages name nothing: what none of the patterns can match is not looked at by each of them.
    if (message.includes('-')) {
      for (const [key, project] of message.matchAll(ticket)) if (!standards.has(project!)) tickets.add(key)
      if (message.startsWith('Merge')) for (const [key] of branchOf(message).matchAll(smallTicket)) small.add(key.toUpperCase())
    }
    if (!message.includes('/')) continue
    for (const [, name, mark, number] of message.matchAll(qualified)) references.add(`${name!.toLowerCase()}${mark}${number}`)
    for (const [, name, sha] of message.matchAll(committed)) commits.add(`${name!.toLowerCase()}@${sha}`)
    if (!message.includes('://')) continue
    for (const [, name, kind, number, sha] of message.matchAll(address)) {
      if (sha === undefined) references.add(`${name!.toLowerCase()}${kind === 'merge_requests' ? '!' : '#'}${number}`)
      else commits.add(`${name!.toLowerCase()}@${sha}`)
    }
    for (const [, id] of message.matchAll(card)) references.add(`trello.com/c/${id}`)
  }
  return { tickets, small, references, commits }
}

function branchOf(message: string): string {
  const [, asked, merged] = branch.exec(message) ?? []
  return asked ?? merged ?? ''
}

/** `ABC` of `ABC-123`. */
export const projectOf = (key: string): string => key.slice(0, key.lastIndexOf('-'))
