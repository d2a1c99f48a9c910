import { chmod, mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { refused, unavailable } from '../../kernel/errors.ts'
import { openScannedLog, pipeName, type ScannedLog } from '../../kernel/scanning/scanned-log.ts'
import { secretsInside } from '../../flow/environment/secrets.port.ts'
import { secretsFolderOf } from '../process/isolation/sandbox.ts'
import type { Place } from '../process/program/runner.ts'

// An engine tells whoever asks (`inspect`) the variables and arguments of a container, and keeps on its disk what is written to
// standard output. So values go in by files of ours, and words come out by a pipe of ours, behind which nothing is left of them.

const pipesInside = '/run/threeways'
const pipesFolderOf = (folder: string) => path.join(folder, 'pipe')
/** Beside the files of secrets: no secret's name begins with a dot. */
const variablesName = '.variables'

const isScanned = ({ hide }: Place) => hide.length > 0
const hasFiles = ({ service }: Place) => service.secrets !== undefined
const hasVariables = ({ secretVariables }: Place) => Object.keys(secretVariables).length > 0

/** What a container is given of its instance's folder. `Z`: where SELinux rules, for this container alone. */
export function bindsOf(place: Place): readonly string[] {
  const bind = (outside: string, inside: string) => {
    if (!outside.includes(':')) return `${outside}:${inside}:ro,Z`
    throw refused('FOLDER_UNUSABLE', {
      message: `"${outside}" has a colon, and no container can be given a folder with one`,
      help: 'put the data folder (`--home`) at a path without a colon',
    })
  }
  return [
    ...(hasFiles(place) ? [bind(secretsFolderOf(place.folder), secretsInside)] : []),
    ...(isScanned(place) ? [bind(pipesFolderOf(place.folder), pipesInside)] : []),
  ]
}

/**
 * The command with its secret variables; nothing is put before it where there are none. Its words are the same, so no value is in them.
 * @param output - `scanned`: what it writes goes through our pipe, when there is anything to hide
 */
export function commandWithSecrets(place: Place, command: readonly string[], output: 'scanned' | 'attached'): readonly string[] {
  const read = hasVariables(place) ? `. ${secretsInside}/${variablesName}; ` : ''
  const piped = output === 'scanned' && isScanned(place) ? ` > ${pipesInside}/${pipeName} 2>&1` : ''
  return read === '' && piped === '' ? command : ['/bin/sh', '-c', `${read}exec "$@"${piped}`, 'threeways', ...command]
}

/** Before a container is made: the file with its variables, and who writes its log. */
export async function openSecrets(place: Place): Promise<ScannedLog | undefined> {
  if (hasVariables(place)) {
    const folder = secretsFolderOf(place.folder)
    await mkdir(folder, { recursive: true })
    const file = path.join(folder, variablesName)
    await writeFile(file, scriptOf(place.secretVariables), { mode: 0o400 })
    await chmod(file, 0o444)
  }
  return isScanned(place) ? openScannedLog(place.logFile, place.hide, pipesFolderOf(place.folder)) : undefined
}

/** For a shell. In single quotes nothing but their end means anything. */
function scriptOf(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'\n`)
    .join('')
}

/** An image may have no shell, and says so in words of its engine only. */
export function shellMissing(place: Place, image: string, cause: unknown): unknown {
  const [program] = commandWithSecrets(place, place.service.command, 'scanned')
  if (program === place.service.command[0] || !(cause instanceof Error) || !cause.message.includes('/bin/sh')) return cause
  return unavailable('SHELL_MISSING', {
    message: `the image ${image} has no /bin/sh, through which a container is given secret variables and its log is scanned for secrets`,
    help: 'take a base with a shell (`image` of the service, or --base-image), or run it with `provider: process`',
    cause,
  })
}
