import { accessSync, constants, statSync } from 'node:fs'
import path from 'node:path'

/** Where the Docker CLI looks for plugins beside the folder of its user. */
const systemFolders = ['/usr/local/lib', '/usr/local/libexec', '/usr/lib', '/usr/libexec'].map((folder) => `${folder}/docker/cli-plugins`)

/**
 * The program of a provider, as Docker Compose finds it: the CLI plugin `docker-<type>`, else `<type>` on PATH.
 * @returns undefined: there is none
 */
export function findProvider(type: string, env: NodeJS.ProcessEnv): string | undefined {
  const own = env['DOCKER_CONFIG'] || path.join(env['HOME'] ?? '/', '.docker')
  const plugins = [path.join(own, 'cli-plugins'), ...systemFolders].map((folder) => path.join(folder, `docker-${type}`))
  // A relative folder of PATH would mean another program in each place.
  const folders = (env['PATH'] ?? '').split(path.delimiter).filter((folder) => path.isAbsolute(folder))
  return [...plugins, ...folders.map((folder) => path.join(folder, type))].find(isProgram)
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}
