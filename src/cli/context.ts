import { existsSync } from 'node:fs'
import path from 'node:path'
import { makeOutput, type Output } from './output.ts'

/** What every command may use: where it is, and how it speaks. */
export type CliContext = {
  readonly process: NodeJS.Process
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  readonly output: Output
}

export function makeContext(): CliContext {
  return { process, cwd: process.cwd(), env: process.env, output: makeOutput(process) }
}

/** The nearest folder above that holds a definition or a repository; without one, where we are. */
export function projectFolder(cwd: string): string {
  for (let folder = cwd; ; folder = path.dirname(folder)) {
    if (['threeways.yaml', '.threeways', '.git'].some((name) => existsSync(path.join(folder, name)))) return folder
    if (folder === path.dirname(folder)) return cwd
  }
}

/** The server's database to use instead of the embedded one. Empty counts as none. */
export const databaseUrlOf = (env: NodeJS.ProcessEnv): string | undefined => env['DATABASE_URL'] || undefined

/** The key that opens secrets, where servers share it. Empty counts as none. */
export const secretKeyFileOf = (env: NodeJS.ProcessEnv): string | undefined => env['THREEWAYS_SECRET_KEY_FILE'] || undefined

/** The data folder: as told, or `.threeways` of the project. */
export function homeFolder({ cwd, env }: Pick<CliContext, 'cwd' | 'env'>, told: string | undefined): string {
  const named = told ?? (env['THREEWAYS_HOME'] || undefined)
  return named === undefined ? path.join(projectFolder(cwd), '.threeways') : path.resolve(cwd, named)
}
