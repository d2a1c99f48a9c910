import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { devNull } from 'node:os'
import { hasCode, messageOf, notFound, refused, ThreewaysError, unavailable } from '../../kernel/errors.ts'
import { run, type Ran } from '../../kernel/process.ts'

/**
 * Settings of the user, the machine or the clone that would change what a commit looks like on disk, write into the
 * repository or run a program of theirs. System and user configuration stay readable, because trust (`safe.directory`),
 * credentials and filters such as Git LFS are kept there.
 */
const settings = Object.entries({
  'core.autocrlf': 'false',
  'core.eol': 'lf',
  'core.attributesFile': devNull,
  'core.symlinks': 'true',
  'core.sparseCheckout': 'false',
  'core.hooksPath': devNull,
  'core.fsmonitor': 'false',
  'core.untrackedCache': 'false',
  'core.splitIndex': 'false',
  'submodule.recurse': 'false',
  'log.showSignature': 'false',
  'log.showRoot': 'true',
  'diff.orderFile': devNull,
  'i18n.logOutputEncoding': 'UTF-8',
  'trailer.separators': ':',
}).flatMap(([key, value]) => ['-c', `${key}=${value}`])

// Of the GIT_ variables only those that say where programs, configuration and credentials are. A git hook that calls us
// exports GIT_DIR and GIT_INDEX_FILE of another repository.
const kept = /^GIT_(?:CONFIG_(?:GLOBAL|SYSTEM|NOSYSTEM)|EXEC_PATH|SSH|SSH_COMMAND|SSH_VARIANT|ASKPASS|SSL_\w+|PROXY_COMMAND)$/

function environment(extra: Readonly<Record<string, string>>): Record<string, string | undefined> {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_') || kept.test(name))
  return {
    ...Object.fromEntries(inherited),
    // Messages are recognised, so they must be English; replaced objects would give a name other content.
    LC_ALL: 'C',
    LANGUAGE: '',
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_NO_REPLACE_OBJECTS: '1',
    // A list of other parents, from before there were replaced objects.
    GIT_GRAFT_FILE: devNull,
    GIT_ATTR_NOSYSTEM: '1',
    ...extra,
  }
}

export type GitOptions = {
  readonly env?: Readonly<Record<string, string>>
  readonly timeoutMs?: number
  readonly outputBytesMax?: number
  /** Ends it. */
  readonly signal?: AbortSignal | undefined
}

/** Runs git in a folder. Any exit code is an answer. @throws ThreewaysError `GIT_NOT_FOUND`, `PROGRAM_TIMED_OUT` */
export async function askGit(folder: string, args: readonly string[], options: GitOptions = {}): Promise<Ran> {
  try {
    return await run('git', [...settings, ...args], { ...options, cwd: folder, env: environment(options.env ?? {}) })
  } catch (error) {
    if (error instanceof ThreewaysError && error.code === 'PROGRAM_NOT_FOUND') throw noGit(folder, error)
    if (hasCode(error, 'EACCES')) {
      throw unavailable('GIT_FAILED', { message: `cannot enter "${folder}": ${messageOf(error)}`, cause: error })
    }
    throw error
  }
}

/** Runs git and wants success. @returns standard output */
export async function git(folder: string, args: readonly string[], options: GitOptions = {}): Promise<string> {
  const ran = await askGit(folder, args, options)
  if (ran.code !== 0) throw failureOf(folder, args, ran)
  return ran.stdout
}

const noGit = (folder: string, cause: unknown) =>
  unavailable('GIT_NOT_FOUND', {
    message: `cannot run "git" in "${folder}": not found`,
    help: 'install git 2.30 or newer, and put it in PATH',
    cause,
  })

const stderrMax = 16_384

/**
 * Runs git and gives what it writes as it comes, however much that is. Who stops reading ends it.
 * @throws as {@link git}, after what it wrote before it failed
 */
export async function* readGit(
  folder: string,
  args: readonly string[],
  { env = {}, input = '', signal }: Pick<GitOptions, 'env' | 'signal'> & { readonly input?: string } = {},
): AsyncGenerator<Buffer> {
  signal?.throwIfAborted()
  const child = spawn('git', [...settings, ...args], { cwd: folder, env: environment(env) as NodeJS.ProcessEnv, stdio: 'pipe' })
  // Before anything is waited for: an ending that nobody waits for yet is not missed.
  const ended = once(child, 'close').catch((error: unknown) => {
    throw hasCode(error, 'ENOENT') ? noGit(folder, error) : error
  })
  ended.catch(() => {})
  const end = () => child.kill('SIGKILL')
  signal?.addEventListener('abort', end, { once: true })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-stderrMax)
  })
  child.stdin.on('error', () => {}) // It may end without reading; its exit code tells.
  child.stdin.end(input)
  try {
    for await (const chunk of child.stdout) yield chunk as Buffer
    const [code, killed] = (await ended) as [number | null, NodeJS.Signals | null]
    if (code !== 0) throw failureOf(folder, args, { code, signal: killed, stdout: '', stderr })
  } finally {
    signal?.removeEventListener('abort', end)
    end()
  }
}

/** Git's own words, sorted by what can be done about them. */
export function failureOf(folder: string, args: readonly string[], ran: Ran): ThreewaysError {
  const said = ran.stderr.trim()
  if (said.includes('not a git repository')) {
    return notFound('NOT_A_REPOSITORY', {
      message: `"${folder}" is not in a git repository`,
      help: 'name a folder of a repository, or make one: git init && git add . && git commit -m "first"',
    })
  }
  if (said.includes('dubious ownership')) {
    return refused('REPOSITORY_NOT_TRUSTED', {
      message: `git refuses to read "${folder}": it belongs to another user, whose settings could run programs as you`,
      help: `if you trust them: git config --global --add safe.directory ${JSON.stringify(folder)}`,
    })
  }
  if (
    /missing blob|unable to read (?:tree|sha1)|bad (?:tree|object)|not a (?:tree|valid) object|no such commit|could not parse/i.test(said)
  ) {
    return notFound('REVISION_UNKNOWN', {
      message: `"${folder}" lacks objects of the commit: ${lastLine(said)}`,
      help: 'fetch them: git fetch --unshallow in a shallow clone, git fetch --refetch in a partial one',
    })
  }
  const outcome = ran.signal === null ? `exit ${ran.code}` : ran.signal
  return unavailable('GIT_FAILED', { message: `git ${args[0]} failed in "${folder}" (${outcome}): ${lastLine(said)}` })
}

function lastLine(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  return (lines.findLast((line) => /^(?:fatal|error):/.test(line)) ?? lines.at(-1) ?? 'it said nothing').slice(0, 500)
}
