import { cp, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { git } from '../../../src/connectors/git/command.ts'
import { hasCode, refused } from '../../../src/kernel/errors.ts'
import type { StoryChange } from './changes.ts'

const example = fileURLToPath(new URL('..', import.meta.url))
/** What is not the shop's source: made by its tools, or about the demonstration. */
const leftOut = /^(?:node_modules|dist|story|\.git|\.threeways|junit.*\.xml|.*\.log)$/
/** The shop as it was before the story began: always the same commit. */
const founder = { name: 'Ines Marchetti', email: 'ines@parts-unlimited.example' }
const foundedAt = '2026-01-05T09:00:00Z'

/**
 * Makes a git repository on branch `main` from the example's files, with one commit whose name is the same wherever it is
 * made. Reads nothing of the user's git settings or repositories. A crash leaves `<folder>.partial`, which the next call takes away.
 * @throws ThreewaysError `SCRATCH_FOLDER_IN_USE` when the folder holds anything; `GIT_NOT_FOUND`, `GIT_FAILED`
 */
export async function makeScratchRepository(folder: string): Promise<void> {
  const target = resolve(folder)
  await refuseUsed(target)
  const partial = `${target}.partial`
  await rm(partial, { recursive: true, force: true })
  await mkdir(dirname(target), { recursive: true })
  try {
    await cp(example, partial, { recursive: true, filter: (path) => resolve(path) === resolve(example) || !leftOut.test(basename(path)) })
    // An archive may have lost or added execute bits; an empty template brings no hooks.
    await ask(partial, ['init', '--quiet', '--template=', '--initial-branch=main'])
    const config = { 'user.name': founder.name, 'user.email': founder.email, 'core.fileMode': 'false', 'core.autocrlf': 'false', 'commit.gpgSign': 'false' }
    for (const [key, value] of Object.entries(config)) await ask(partial, ['config', '--local', key, value])
    await commit(partial, founder, 'Open the shop\n\nShelves, basket and checkout, on one database.', foundedAt)
    await rename(partial, target)
  } catch (error) {
    await rm(partial, { recursive: true, force: true })
    throw error
  }
}

/**
 * Makes one change of the story in a scratch repository and commits it by its author.
 * @param stop - id of the stop that the change fixes: becomes its `Fixes-Stop` trailer
 * @returns the commit's full name
 */
export async function commitChange(folder: string, change: StoryChange, stop?: string): Promise<string> {
  await change.apply(folder)
  const message = stop === undefined ? change.message : `${change.message}\n\nFixes-Stop: ${stop}`
  return commit(folder, change.author, message)
}

async function commit(folder: string, author: StoryChange['author'], message: string, at?: string): Promise<string> {
  const who = Object.fromEntries(
    ['AUTHOR', 'COMMITTER'].flatMap((role) => [
      [`GIT_${role}_NAME`, author.name],
      [`GIT_${role}_EMAIL`, author.email],
      ...(at === undefined ? [] : [[`GIT_${role}_DATE`, at]]),
    ]),
  ) as Record<string, string>
  await ask(folder, ['add', '--all'])
  await ask(folder, ['commit', '--quiet', '--no-verify', '--message', message], who)
  return (await ask(folder, ['rev-parse', 'HEAD'])).trim()
}

function ask(folder: string, args: readonly string[], who: Readonly<Record<string, string>> = {}): Promise<string> {
  return git(folder, args, { env: { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1', ...who } })
}

async function refuseUsed(folder: string): Promise<void> {
  try {
    if ((await readdir(folder)).length === 0) return
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return
    if (!hasCode(error, 'ENOTDIR')) throw error
  }
  throw refused('SCRATCH_FOLDER_IN_USE', {
    message: `cannot make the demonstration's repository in "${folder}": something is there`,
    help: 'name a folder that does not exist or is empty',
  })
}
