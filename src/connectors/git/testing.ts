import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Author } from '../../flow/candidate/repository.contract.ts'
import { run } from '../../kernel/process.ts'
import { openRepository } from './repository.ts'

const identity = {
  GIT_AUTHOR_NAME: 'Ada Lovelace',
  GIT_AUTHOR_EMAIL: 'ada@example.org',
  GIT_AUTHOR_DATE: '2026-03-01T10:00:00+02:00',
  GIT_COMMITTER_NAME: 'Ada Lovelace',
  GIT_COMMITTER_EMAIL: 'ada@example.org',
  GIT_COMMITTER_DATE: '2026-03-01T11:00:00+02:00',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
}

/** Git as an author with no settings of their own would run it; fails loudly. @returns standard output without its last line end */
export async function authorGit(folder: string, ...args: string[]): Promise<string> {
  const ran = await run('git', args, { cwd: folder, env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...identity } })
  if (ran.code !== 0) throw new Error(`git ${args.join(' ')}: ${ran.stderr}`)
  return ran.stdout.replace(/\n$/, '')
}

/** A new repository with branch `main`, and an author who works in it. */
export async function gitAuthor(folder: string, ...initOptions: string[]): Promise<Author> {
  await mkdir(folder, { recursive: true })
  await authorGit(folder, 'init', '--quiet', '--initial-branch=main', ...initOptions)
  return {
    folder,
    async write(files) {
      for (const [path, text] of Object.entries(files)) {
        await mkdir(dirname(join(folder, path)), { recursive: true })
        await writeFile(join(folder, path), text)
      }
    },
    link: (path, target) => symlink(target, join(folder, path)),
    makeExecutable: (path) => chmod(join(folder, path), 0o755),
    async commit(message) {
      await authorGit(folder, 'add', '--all')
      await authorGit(folder, 'commit', '--quiet', '--allow-empty', '--cleanup=verbatim', '--message', message)
      return authorGit(folder, 'rev-parse', 'HEAD')
    },
    async branch(name) {
      await authorGit(folder, 'switch', '--quiet', '--create', name)
    },
    open: () => openRepository(folder),
  }
}
