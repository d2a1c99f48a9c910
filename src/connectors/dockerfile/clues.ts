import type { ClueReader, Clues, FoundCommand, FoundHealth, FoundService } from '../../flow/definition/init/clues.port.ts'
import { assignments, instructionsOf, lastStage, type Instruction } from './instructions.ts'

/** Reads how an image runs and what its build runs from a Dockerfile. */
export const dockerfile: ClueReader = {
  reads: ['Dockerfile', 'Containerfile'],
  read({ files }, folder) {
    const from = ['Dockerfile', 'Containerfile']
      .map((name) => (folder === '.' ? name : `${folder}/${name}`))
      .find((path) => files[path] !== undefined)
    if (from === undefined) return undefined
    const all = instructionsOf(files[from]!)
    const stage = lastStage(all)
    const { environment, leftOut } = environmentOf(stage)
    const command = commandOf(stage)
    const service: FoundService = {
      name: 'web',
      folder,
      ...(command === undefined ? {} : { command }),
      ...portOf(stage),
      environment,
      ...healthOf(stage),
      ...stopOf(stage),
    }
    return {
      from,
      services: command === undefined ? [] : [service],
      hints: all.filter(({ name }) => name === 'RUN').map(({ text }) => text.replace(/^(--\S+\s+)+/, '').replaceAll(/\s+/g, ' ')),
      leftOut,
    } satisfies Clues
  },
}

const last = (stage: readonly Instruction[], name: string) => stage.findLast((each) => each.name === name)?.text

/** ENTRYPOINT and CMD as Docker combines them, with paths below the image's work folder made relative. */
function commandOf(stage: readonly Instruction[]): FoundCommand | undefined {
  const entrypoint = found(last(stage, 'ENTRYPOINT'))
  const cmd = found(last(stage, 'CMD'))
  const command = entrypoint && 'words' in entrypoint && cmd ? combined(entrypoint.words, cmd) : (entrypoint ?? cmd)
  if (command === undefined) return undefined
  const folders = stage
    .filter(({ name, text }) => name === 'WORKDIR' && text.startsWith('/'))
    .map(({ text }) => `${text.replace(/\/+$/, '')}/`)
  const relative = (text: string) =>
    folders.reduce((path, folder) => (folder !== '/' && path.startsWith(folder) ? path.slice(folder.length) : path), text)
  return 'words' in command ? { words: command.words.map(relative) } : command
}

function combined(entrypoint: readonly string[], cmd: FoundCommand): FoundCommand {
  return { words: [...entrypoint, ...('words' in cmd ? cmd.words : ['/bin/sh', '-c', cmd.shell])] }
}

/** The exec form is a JSON list; everything else is for a shell. */
function found(text: string | undefined): FoundCommand | undefined {
  if (text === undefined || text === '') return undefined
  if (!text.startsWith('[')) return { shell: text }
  try {
    const words: unknown = JSON.parse(text)
    return Array.isArray(words) && words.length > 0 && words.every((word) => typeof word === 'string') ? { words } : undefined
  } catch {
    return { shell: text }
  }
}

function portOf(stage: readonly Instruction[]): { readonly port?: number } {
  const exposed = stage.filter(({ name }) => name === 'EXPOSE').flatMap(({ text }) => text.split(/\s+/))
  const port = exposed.map((each) => Number(/^(\d{1,5})(\/tcp)?$/.exec(each)?.[1])).find((each) => each >= 1 && each <= 65_535)
  return port === undefined ? {} : { port }
}

function environmentOf(stage: readonly Instruction[]): {
  readonly environment: Readonly<Record<string, string>>
  readonly leftOut: { what: string; why: string }[]
} {
  const environment: Record<string, string> = {}
  const leftOut: { what: string; why: string }[] = []
  for (const [name, value] of stage.filter((each) => each.name === 'ENV').flatMap(({ text }) => assignments(text))) {
    if (value.includes('$') || name === 'PATH') leftOut.push({ what: `the variable ${name}`, why: 'its value depends on the image' })
    else environment[name] = value
  }
  return { environment, leftOut }
}

function healthOf(stage: readonly Instruction[]): { readonly health?: FoundHealth } {
  const [, flags, text] = /^((?:--[a-z-]+=\S+\s+)*)CMD\s+([^]+)$/.exec(last(stage, 'HEALTHCHECK') ?? '') ?? []
  const test = found(text)
  if (test === undefined) return {}
  const flag = (name: string) => new RegExp(`--${name}=(\\S+)`).exec(flags!)?.[1]
  const [interval, timeout, startPeriod, retries] = [flag('interval'), flag('timeout'), flag('start-period'), Number(flag('retries'))]
  return {
    health: {
      test,
      ...(interval === undefined ? {} : { interval }),
      ...(timeout === undefined ? {} : { timeout }),
      ...(startPeriod === undefined ? {} : { startPeriod }),
      ...(retries > 0 ? { retries } : {}),
    },
  }
}

function stopOf(stage: readonly Instruction[]): Pick<FoundService, 'stop'> {
  const signal = last(stage, 'STOPSIGNAL')
  return signal === undefined ? {} : { stop: { signal } }
}
