import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Readable } from 'node:stream'
import { sha256, shortDigest } from '../../kernel/digest.ts'
import { messageOf, unavailable } from '../../kernel/errors.ts'
import { makeTurns } from '../../kernel/turns.ts'
import type { Desired, Service } from '../../flow/environment/provider.port.ts'
import { artifactInside, labels } from './container.ts'
import { isMissing, type Engine, type ProgressLine } from './engine.ts'

/** Of those that no environment needs: a rollback soon after finds its image still there. */
const spareImages = 4

type ImageFound = { readonly Id: string; readonly Created: number; readonly RepoTags: readonly string[] | null }
type ImageDetails = { readonly Id: string; readonly Config?: { readonly Labels?: Readonly<Record<string, string>> | null } }

/** Images made of artifacts: a base with the artifact's files on top, once per artifact and base. */
export function imagesOf(engine: () => Engine, homeId: string, usualBase: string) {
  const repository = `threeways/${sha256(homeId).slice('sha256:'.length, 'sha256:'.length + 12)}`
  const inTurn = makeTurns<string>()

  /** `image` of a service that is also built names what building makes, so it is no base. */
  const baseOf = ({ container }: Service) => (container?.build === undefined ? container?.image : undefined) ?? usualBase
  const tagOf = ({ artifactDigest }: Desired, base: string) => `${repository}:${sha256(`${artifactDigest} ${base}`).slice(7, 39)}`

  async function find(name: string): Promise<ImageDetails | undefined> {
    try {
      return await engine().json<ImageDetails>({ path: `/images/${name}/json` })
    } catch (error) {
      if (isMissing(error)) return undefined
      throw error
    }
  }

  async function base(name: string, tell: (message: string) => void, signal: AbortSignal | undefined): Promise<string> {
    const there = await find(name)
    if (there) return there.Id
    tell(`pulling the image ${name}`)
    const [fromImage, tag] = partsOf(name)
    const every = atMostEvery(2_000, ({ status, id }) => tell(`pulling ${name}: ${[id, status].filter(Boolean).join(' ')}`))
    try {
      await engine().progress({ method: 'POST', path: '/images/create', query: { fromImage, tag }, ...(signal ? { signal } : {}) }, every)
      return (await engine().json<ImageDetails>({ path: `/images/${name}/json` })).Id
    } catch (error) {
      signal?.throwIfAborted()
      throw unavailable('IMAGE_UNAVAILABLE', {
        message: `the image "${name}" is not on this machine and cannot be pulled: ${messageOf(error)}`,
        help: 'pull it by hand (with a login where its registry asks for one), name another as `image` of the service, or start the server with --base-image',
        cause: error,
      })
    }
  }

  async function build(desired: Desired, from: string, tag: string, signal: AbortSignal | undefined): Promise<void> {
    const folder = await mkdtemp(path.join(tmpdir(), 'threeways-image-'))
    const name = path.basename(desired.artifact)
    try {
      const lines = [`FROM ${from}`, `COPY ${JSON.stringify([`${name}/`, `${artifactInside}/`])}`]
      await writeFile(path.join(folder, 'Dockerfile'), `${lines.join('\n')}\n`)
      const tar = archive(['-C', folder, 'Dockerfile', '-C', path.dirname(desired.artifact), name])
      const own = JSON.stringify({ [labels.home]: homeId, [labels.artifact]: desired.artifactDigest })
      const query = { t: tag, labels: own, rm: '1', forcerm: '1' }
      await engine().progress({ method: 'POST', path: '/build', query, tar, ...(signal ? { signal } : {}) }, () => {})
    } catch (error) {
      signal?.throwIfAborted()
      throw unavailable('IMAGE_NOT_BUILT', {
        message: `no image could be made of the artifact of candidate ${shortDigest(desired.candidate)}: ${messageOf(error)}`,
        cause: error,
      })
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }

  return {
    find,
    baseOf,

    /** The image of a service; made when it is not there. Safe to repeat. @throws ThreewaysError `IMAGE_UNAVAILABLE`, `IMAGE_NOT_BUILT` */
    async ensure(desired: Desired, service: Service, tell: (message: string) => void, signal?: AbortSignal): Promise<ImageDetails> {
      const name = baseOf(service)
      const tag = tagOf(desired, name)
      return inTurn(tag, async () => {
        const there = await find(tag)
        if (there) return there
        const from = await base(name, tell, signal)
        tell(`making an image of ${name} and the artifact`)
        await build(desired, from, tag, signal)
        return engine().json<ImageDetails>({ path: `/images/${tag}/json` })
      })
    },

    /** Removes images of this home that none of these needs, but for the newest few. */
    async tidy(needed: readonly Desired[]): Promise<void> {
      const tags = new Set(
        needed.flatMap((desired) => Object.values(desired.rendered.definition.services).map((one) => tagOf(desired, baseOf(one)))),
      )
      const filters = JSON.stringify({ label: [`${labels.home}=${homeId}`] })
      const all = await engine().json<readonly ImageFound[]>({ path: '/images/json', query: { filters } })
      const isNeeded = ({ RepoTags }: ImageFound) => (RepoTags ?? []).some((tag) => tags.has(tag.replace(/^(docker\.io|localhost)\//, '')))
      const spare = all.filter((image) => !isNeeded(image)).toSorted((a, b) => b.Created - a.Created)
      for (const { Id } of spare.slice(needed.length === 0 ? 0 : spareImages)) {
        // One that a container still uses stays; the next round gets it.
        await engine()
          .open({ method: 'DELETE', path: `/images/${Id}`, query: { force: '0' } })
          .then(
            (answer) => answer.resume(),
            () => {},
          )
      }
    },
  }
}

/** `registry:5000/team/base:1`, `base@sha256:…`: name and tag, as the engine wants them apart. */
export function partsOf(name: string): readonly [string, string] {
  const [, image, digest] = /^(.*)@(sha256:.*)$/.exec(name) ?? []
  if (image !== undefined) return [image, digest!]
  const colon = name.lastIndexOf(':')
  return colon > name.lastIndexOf('/') ? [name.slice(0, colon), name.slice(colon + 1)] : [name, 'latest']
}

function archive(what: readonly string[]): Readable {
  const child = spawn('tar', ['-c', '-f', '-', ...what], { stdio: ['ignore', 'pipe', 'ignore'] })
  child.once('error', (error) => child.stdout.destroy(error))
  child.once('exit', (code) => {
    if (code !== 0) child.stdout.destroy(new Error(`tar ended with ${code}`))
  })
  return child.stdout
}

function atMostEvery(ms: number, tell: (line: ProgressLine) => void) {
  let lastAt = performance.now()
  return (line: ProgressLine) => {
    if (performance.now() - lastAt < ms) return
    lastAt = performance.now()
    tell(line)
  }
}
