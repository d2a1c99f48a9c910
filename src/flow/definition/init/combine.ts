import { cyclesOf } from '../rules/rule.ts'
import type { ClueReader, Clues, FoundService, ProjectFiles } from './clues.port.ts'
import type { Draft, DraftCheck, DraftResource, DraftService, Notes } from './draft.ts'
import { toName, unique } from './names.ts'
import { resourcesOf, type NamedResource } from './resources.ts'
import { pathOf, healthOf, stopOf, wordsOf } from './translate.ts'
import { variablesOf } from './variables.ts'

/** What a web service listens on in a container when nothing says otherwise. */
const usualPort = 3000

/**
 * Makes one draft of what several files say. The first reader that knows services names them; the others fill in what is
 * missing. Pure.
 */
export function combine(project: ProjectFiles, readers: readonly ClueReader[], notes: Notes): Draft {
  const read = (folder: string) => readers.flatMap((reader) => reader.read(project, folder) ?? [])
  const root = read('.')
  const base = root.find((clues) => (clues.services?.length ?? 0) > 0)
  const found = (base?.services ?? []).map((service) => filled(service, base!, service.folder === '.' ? root : read(service.folder)))
  const folders = [...new Set(found.map(({ service }) => service.folder))].filter((folder) => folder !== '.')
  const others = root.some((clues) => (clues.build?.length ?? 0) > 0) ? [] : folders.flatMap(read)
  const all = [...root, ...others]
  for (const { from, leftOut } of all) for (const { what, why } of leftOut ?? []) notes.leftOut.push({ what, from, why })
  const name = nameOf(project, root, notes)
  const resources = resourcesOf(project, root.length > 0 ? all : [], notes)
  const draft = {
    name,
    services: servicesOf(found, resources, notes),
    resources: resources.map(({ name, from, seed }): DraftResource => ({ name, from, seed })),
    build: all.flatMap(({ from, build }) => (build ?? []).flatMap((each) => toCommand(each, from))),
    hints: all.flatMap(({ from, hints }) => (hints ?? []).map((command) => ({ command, from }))),
    tools: Object.assign({}, ...all.toReversed().map(({ tools }) => tools ?? {})) as Draft['tools'],
    checks: checksOf(all),
  }
  tellAbout(draft, notes)
  return draft
}

type Found = { readonly service: FoundService; readonly from: string; readonly commandFrom: string }

/** The service with what other files of its folder know about the same program. */
function filled(service: FoundService, base: Clues, around: readonly Clues[]): Found {
  const merged: { -readonly [K in keyof FoundService]: FoundService[K] } = { ...service }
  let commandFrom = base.from
  for (const clues of around.filter((each) => each !== base)) {
    const named = clues.services?.find(({ name }) => name === service.name)
    const more = named ?? (clues.services?.length === 1 ? clues.services[0] : undefined)
    if (!more) continue
    // A service with a command of its own is another program than the one that file describes.
    if (service.command === undefined || named) {
      if (merged.command === undefined && more.command !== undefined) commandFrom = clues.from
      merged.command ??= more.command!
      merged.port ??= more.port!
      merged.health ??= more.health!
      merged.stop ??= more.stop!
    }
    merged.environment = { ...more.environment, ...merged.environment }
  }
  return { service: merged, from: base.from, commandFrom }
}

function nameOf(project: ProjectFiles, root: readonly Clues[], notes: Notes): string {
  const named = root.find(({ name }) => name !== undefined)
  const name = toName(named?.name ?? project.folder, 'my-service')
  notes.guesses.push({
    what: `the value stream is called ${name}`,
    from: named?.from ?? 'the name of the folder',
    sure: named !== undefined,
  })
  return name
}

function servicesOf(found: readonly Found[], resources: readonly NamedResource[], notes: Notes): readonly DraftService[] {
  const taken = new Set(resources.map(({ name }) => name))
  const names = new Map<string, string>(resources.map((resource) => [resource.written, resource.name]))
  const runnable = found.flatMap(({ service, from, commandFrom }) => {
    const command = service.command && wordsOf(service.command)
    if (command === undefined) {
      notes.leftOut.push({ what: `the service ${service.name}`, from, why: 'no command was found for it' })
      return []
    }
    const name = unique(toName(service.name, 'service'), taken)
    taken.add(name)
    if (!names.has(service.name)) names.set(service.name, name)
    return [{ service, from, commandFrom, name, command }]
  })
  const only = runnable.length === 1
  const drafts = runnable.map(({ service, from, commandFrom, name, command }): DraftService => {
    const usual = only && service.name === 'web' && service.port === undefined
    const port = usual ? usualPort : service.port
    notes.guesses.push({ what: `${name} runs ${inline(command)}`, from: commandFrom, sure: true })
    if (port !== undefined) notes.guesses.push({ what: `${name} listens on the port in PORT (${port} in a container)`, from, sure: !usual })
    const dependsOn = service.dependsOn ?? resources.map(({ written }) => ({ name: written, healthy: true }))
    return {
      name,
      from: commandFrom,
      command,
      workdir: service.folder === '.' ? '.' : (pathOf(service.folder) ?? '.'),
      port,
      environment: variablesOf(service, name, from, resources, names, notes),
      health: service.health && healthOf(service.health, port),
      dependsOn: dependsOn.flatMap((each) =>
        names.has(each.name) && names.get(each.name) !== name ? [{ name: names.get(each.name)!, healthy: each.healthy }] : [],
      ),
      stop: stopOf(service.stop),
    }
  })
  return withoutCycles(drafts, notes).map((draft) => ({
    ...draft,
    dependsOn: draft.dependsOn.map((each) => ({ ...each, healthy: canBeHealthy(each, drafts) })),
  }))
}

function canBeHealthy(dependency: { readonly name: string; readonly healthy: boolean }, drafts: readonly DraftService[]): boolean {
  const target = drafts.find(({ name }) => name === dependency.name)
  return target === undefined || (dependency.healthy && target.health !== undefined)
}

/** Drops one dependency of each circle, and doubles. */
function withoutCycles(drafts: readonly DraftService[], notes: Notes): readonly DraftService[] {
  const graph = new Map(drafts.map(({ name, dependsOn }) => [name, [...new Set(dependsOn.map((each) => each.name))]]))
  for (let cycle = cyclesOf(graph)[0]; cycle; cycle = cyclesOf(graph)[0]) {
    const [from, to] = [cycle[0]!, cycle[1]!]
    graph.set(
      from,
      graph.get(from)!.filter((name) => name !== to),
    )
    notes.leftOut.push({ what: `that ${from} depends on ${to}`, from: 'the dependencies', why: 'they wait for each other' })
  }
  return drafts.map((draft) => ({
    ...draft,
    dependsOn: graph.get(draft.name)!.map((name) => draft.dependsOn.find((each) => each.name === name)!),
  }))
}

function toCommand(found: Parameters<typeof wordsOf>[0], from: string): Draft['build'] {
  const command = wordsOf(found)
  return command === undefined ? [] : [{ command, from }]
}

function checksOf(all: readonly Clues[]): readonly DraftCheck[] {
  const taken = new Set<string>()
  return all.flatMap(({ from, checks }) =>
    (checks ?? []).flatMap((check): readonly DraftCheck[] => {
      const command = wordsOf(check.command)
      if (command === undefined) return []
      const name = unique(toName(check.name, 'check'), taken)
      taken.add(name)
      return [{ name, from, command, in: check.in }]
    }),
  )
}

function tellAbout(draft: Draft, { guesses }: Notes): void {
  for (const { command, from } of draft.build) guesses.push({ what: `the build runs ${inline(command)}`, from, sure: true })
  for (const [tool, version] of Object.entries(draft.tools))
    guesses.push({ what: `${tool} ${version} builds it`, from: 'engines, .nvmrc or what runs here', sure: false })
  for (const { name, command, from, in: where } of draft.checks) {
    guesses.push({
      what: `the check ${name} runs ${inline(command)}${where === 'environment' ? ' in an environment' : ''}`,
      from,
      sure: where === 'build',
    })
  }
  for (const { command, from } of draft.hints) guesses.push({ what: `the build may need: ${command}`, from, sure: false })
  guesses.push({
    what: 'the artifact is the whole checkout after the build; name less to make it smaller',
    from: 'no file says what is needed',
    sure: false,
  })
}

const inline = (command: readonly string[]) => `\`${command.join(' ')}\``
