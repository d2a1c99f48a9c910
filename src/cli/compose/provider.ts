import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { realpath } from 'node:fs/promises'
import path from 'node:path'
import { openRepository } from '../../connectors/git/repository.ts'
import type { Repository } from '../../flow/candidate/repository.port.ts'
import { definitionFile } from '../../flow/definition/read.ts'
import { invalid, ThreewaysError } from '../../kernel/errors.ts'
import { at, withApi } from '../api.ts'
import type { CliContext } from '../context.ts'
import { tellLeftOut } from '../deliver.ts'
import { bringUp, build as buildCandidate, takeDown } from '../environments.ts'
import { addressVariables, meantBy, reachOf, warningOf } from './addresses.ts'
import { projectNamed, type Built, type Provided } from './project.ts'

export type ProjectFlags = { readonly projectName: string }

export type UpFlags = ProjectFlags & {
  readonly environment: string
  readonly definition: string
  readonly revision: string
  readonly service?: string
  readonly bind?: string
  readonly announce?: string
}

/** Brings up an environment for a Compose service; the same again changes nothing and says the same. */
export async function up(this: CliContext, flags: UpFlags, service: string): Promise<void> {
  const { output } = this
  const reach = reachOf(flags)
  const repository = await repositoryOf(path.resolve(this.cwd, flags.definition))
  const { sha } = await repository.resolve(flags.revision)
  const project = projectNamed(flags.projectName, this.env)
  await project.alone(() => project.serve(service, reach.bind))
  await withApi(this, { home: project.home }, async (api) => {
    const name = environmentName(service)
    const before = (await project.note())?.services[service]
    const bring = (candidate: string) => bringUp(output, api, { candidate, settings: flags.environment, name })
    const build = async () => {
      const { stream, candidate } = await buildCandidate(output, api, { revision: sha }, repository.root)
      const environment = `${stream}/${name}`
      // It was made from another definition.
      if (before?.environment != null && before.environment !== environment) await takeDown(api, before.environment)
      await project.alone(() => project.put(service, { environment, isStopped: false, built: { commit: sha, candidate: candidate! } }))
      return bring(candidate!)
    }
    const again = async (known: Provided & { built: Built }) => {
      tellLeftOut(
        output,
        (await repository.dirtyFiles()).map((file) => file.path),
      )
      await project.alone(() => project.put(service, { ...known, isStopped: false }))
      return bring(known.built.candidate).catch((error: unknown) => {
        if (error instanceof ThreewaysError && error.code === 'CANDIDATE_NOT_BUILT_HERE') return build()
        throw error
      })
    }
    const { urls, until } = before?.built?.commit === sha ? await again({ ...before, built: before.built }) : await build()
    const meant = meantBy(urls, flags.service, service)
    for (const message of addressVariables(urls, meant, reach)) output.jsonLine({ type: 'setenv', message })
    if (until !== null) output.say(`as its definition says, it is destroyed at ${until}`)
    const warning = warningOf(reach)
    if (warning !== undefined) output.say(warning)
  })
}

/** Nothing of it is left; with the last service of a project goes all that was kept for it. */
export async function down(this: CliContext, flags: ProjectFlags, service: string): Promise<void> {
  const project = projectNamed(flags.projectName, this.env)
  await project.alone(async () => {
    const environment = (await project.note())?.services[service]?.environment
    if (environment != null) {
      await project.resume()
      await withApi(this, { home: project.home }, (api) => takeDown(api, environment))
    }
    const left = await project.forget(service)
    if (Object.keys(left?.services ?? {}).length === 0) await project.remove()
  })
}

/** Its processes end, its data stays. */
export async function stop(this: CliContext, flags: ProjectFlags, service: string): Promise<void> {
  const project = projectNamed(flags.projectName, this.env)
  await project.alone(async () => {
    const known = (await project.note())?.services[service]
    const environment = known?.environment
    if (known === undefined || environment == null) return
    await project.resume()
    await withApi(this, { home: project.home }, async (api) => {
      await api.send('POST', at`/api/environments/sleep?name=${environment}&untilWoken=true`)
    })
    await project.put(service, { ...known, isStopped: true })
    const all = Object.values((await project.note())!.services)
    // A server for nothing is a process too many.
    if (all.every(({ isStopped }) => isStopped)) await project.end()
  })
}

/** Whose commits are what is built: that with the definition in its top folder. @throws ThreewaysError `COMPOSE_DEFINITION` */
async function repositoryOf(file: string): Promise<Repository> {
  const why = !existsSync(file) ? 'is not there' : path.basename(file) === definitionFile ? undefined : `is not called ${definitionFile}`
  if (why !== undefined) throw notFrom(file, why)
  const folder = path.dirname(file)
  const repository = await openRepository(folder)
  if (repository.root !== (await realpath(folder)))
    throw notFrom(file, `does not lie in the top folder of its repository, ${repository.root}`)
  return repository
}

function notFrom(file: string, why: string) {
  return invalid('COMPOSE_DEFINITION', {
    message: `option "definition": "${file}" ${why}`,
    help: `name the ${definitionFile} of a repository; a relative path counts from where docker compose is run`,
  })
}

/** Readable where it can be, one for each service always; no name that a stage of the definition has. */
function environmentName(service: string): string {
  const plain = service
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
  const hash = createHash('sha256').update(service).digest('hex').slice(0, 6)
  return plain === service && plain.length <= 32 ? `compose-${plain}` : `compose-${plain.slice(0, 24)}-${hash}`.replace('--', '-')
}
