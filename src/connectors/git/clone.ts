import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { sha256, shortDigest } from '../../kernel/digest.ts'
import { invalid, unavailable, ThreewaysError } from '../../kernel/errors.ts'
import { withFileLock } from '../../kernel/file-lock.ts'
import { newId } from '../../kernel/ids.ts'
import { askGit, git } from './command.ts'

const timeoutMs = 2 * 60 * 60_000
/** Others run programs (ext), or are read by whoever stands in between (http, git). */
const protocols = ['https', 'ssh', 'file']
const env = { GIT_ALLOW_PROTOCOL: protocols.join(':') }
const wanted = ['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*']

/** A repository elsewhere, as git takes it: `https://…`, `ssh://…`, `file://…` or `git@host:path`. */
export type Remote = { readonly url: string; /** As its host names it: acme/shop. */ readonly name: string }

/**
 * @returns undefined when it is the name of a folder
 * @throws ThreewaysError `URL_INVALID`
 */
export function remoteOf(text: string): Remote | undefined {
  const [, protocol, , place] = /^([A-Za-z][A-Za-z0-9+.-]*):(:|\/\/)(.*)$/s.exec(text) ?? []
  if (protocol !== undefined) {
    if (!protocols.includes(protocol) || /[\u0000-\u001f]/.test(text))
      throw invalid('URL_INVALID', {
        message: `no repository is cloned by "${protocol}:"`,
        help: 'name it as https://…, ssh://…, file://… or git@host:path',
      })
    if (/^[^/@]*:[^/@]*@/.test(place!))
      throw invalid('URL_INVALID', {
        message: 'the URL holds a password, which would be kept and shown',
        help: 'leave it out and let git ask a credential helper: git help credentials',
      })
    return { url: text, name: nameIn(place!.replace(/^[^/]*/, '')) }
  }
  const [, host, at] = /^((?:[\w.-]+@)?[\w.-]+):(?!\/\/)([^\s\\]+)$/.exec(text) ?? []
  return host === undefined || host.startsWith('-') || host.length < 2 ? undefined : { url: text, name: nameIn(at!) }
}

/** The last two parts of a path: owner and repository. */
export function nameIn(place: string): string {
  const parts = place.split('/').filter((part) => part !== '' && part !== '.git')
  return parts
    .slice(-2)
    .join('/')
    .replace(/\.git$/, '')
}

/**
 * A bare clone of branches and tags, kept in `folder` and brought up to date when it is there.
 * @param withFiles - fetch also the contents of files: without them nobody knows how many lines a commit changed
 * @param signal - ends it
 * @returns its folder
 */
export async function keepClone(folder: string, { url, name }: Remote, withFiles: boolean, signal?: AbortSignal): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const short = name.replaceAll(/[^\w.-]+/g, '-').slice(-60)
  const place = path.join(folder, `${short}-${shortDigest(sha256(`${url} ${withFiles}`))}.git`)
  await withFileLock(`${place}.lock`, async () => {
    if ((await stat(place).catch(() => undefined)) === undefined) await cloneInto(place, url, withFiles, signal)
    else await fetchInto(place, signal)
  })
  return place
}

async function cloneInto(place: string, url: string, withFiles: boolean, signal: AbortSignal | undefined): Promise<void> {
  await removeDrafts(place)
  // Renamed when it is whole: one that was killed is begun anew, under another name, for its git may be at work still.
  const draft = `${place}.new-${newId()}`
  await mkdir(draft, { recursive: true })
  await git(draft, ['init', '--bare', '--quiet', '--template=', '.'])
  await git(draft, ['remote', 'add', '--', 'origin', url])
  if (!withFiles) await filterFiles(draft)
  try {
    await fetchInto(draft, signal)
    await rename(draft, place)
  } catch (error) {
    await removeDrafts(place)
    throw error
  }
}

async function removeDrafts(place: string): Promise<void> {
  const folder = path.dirname(place)
  for (const name of await readdir(folder))
    if (name.startsWith(`${path.basename(place)}.new-`)) await rm(path.join(folder, name), { recursive: true, force: true }).catch(() => {})
}

/** As `git clone --filter=blob:none` sets it; a server that knows no filters sends everything. */
async function filterFiles(folder: string): Promise<void> {
  await git(folder, ['config', 'remote.origin.promisor', 'true'])
  await git(folder, ['config', 'remote.origin.partialclonefilter', 'blob:none'])
}

async function fetchInto(folder: string, signal: AbortSignal | undefined): Promise<void> {
  const args = ['fetch', '--quiet', '--prune', '--no-auto-gc', '--no-recurse-submodules', 'origin', ...wanted]
  const fetched = await askGit(folder, args, { env, timeoutMs, signal })
  if (fetched.code !== 0) throw notFetched(fetched.stderr)
  // What its host shows first is the trunk. A repository without a commit has none.
  const { stdout } = await askGit(folder, ['ls-remote', '--symref', 'origin', 'HEAD'], { env, timeoutMs: 5 * 60_000, signal })
  const [, head] = /^ref: (refs\/heads\/\S+)\tHEAD$/m.exec(stdout) ?? []
  if (head !== undefined) await git(folder, ['symbolic-ref', 'HEAD', head])
}

function notFetched(stderr: string): ThreewaysError {
  const lines = stderr.split('\n').flatMap((line) => line.trim() || [])
  // What ssh or the server says comes first, and git's own word for it.
  const said = [lines[0], lines.find((line) => line.startsWith('fatal'))].filter(
    (line, at, all) => line !== undefined && all.indexOf(line) === at,
  )
  return unavailable('CLONE_FAILED', {
    message: `the repository cannot be fetched: ${said.join('; ').slice(0, 500) || 'git said nothing'}`,
    help: 'try `git ls-remote <url>` here: what git asks for (a password, a host key) must be answered beforehand',
  })
}
