import type { IncomingMessage } from 'node:http'
import type { Digest } from '../../../kernel/digest.ts'
import type { EnvironmentId } from '../../../flow/environment/provider.port.ts'
import type { Copying, Shadowing, ShadowDesk } from '../../../flow/environment/shadow.port.ts'
import type { Upstream } from './forward.ts'
import { copyHeaders, isConditional, isSafe, sendCopy, type Copy } from './copy.ts'
import { overhear, type Overhearing, type Overheard } from './tap.ts'

/** Where a copy goes. */
export type Receiver = {
  readonly candidate: Digest
  readonly upstream: Upstream
  /** It would still get one. */
  isThere(): boolean
}

/** Somebody who gets copies of what one route gets. */
export type Shadow = {
  readonly service: string
  readonly environment: EnvironmentId
  readonly shadowing: Shadowing
  readonly desk: ShadowDesk
  /** Undefined: nobody is there to get one. */
  receive(): Receiver | undefined
}

/** A copy that may be sent when its request has been answered. */
type Drawn = {
  readonly shadow: Shadow
  readonly receiver: Receiver
  readonly copying: Copying
  readonly headers: readonly string[]
}

/**
 * Copies requests of one route. What a copy costs is asked for when its request is drawn, so that nothing is kept of one that may not be
 * copied. Nothing is sent before whoever asked has the whole answer, and nothing that fails reaches anybody.
 */
export function makeShadowing(random: () => number = Math.random) {
  async function copy({ shadow, receiver, copying, headers }: Drawn, request: Asked, heard: Overheard, second: Upstream | undefined) {
    const { shadowing, service } = shadow
    if (!receiver.isThere()) return copying.end('unready')
    const isNoise = second !== undefined && isSafe(request.method) && random() < shadowing.noise
    const told = await sendCopy({ ...request, headers, body: heard.body() }, isNoise ? second : receiver.upstream, shadowing.limits)
    if ('failed' in told && !isNoise && !receiver.isThere()) return copying.end('unready')
    copying.end({ kind: isNoise ? 'noise' : 'candidate', service, ...request, control: heard.answer(), copy: told })
  }

  function draw(shadow: Shadow, request: IncomingMessage, answering: Digest): Drawn | undefined {
    const { shadowing, environment, desk } = shadow
    if (!shadowing.methods.includes(request.method!) || isConditional(request) || random() >= shadowing.share) return undefined
    const receiver = shadow.receive()
    // Held against itself, a candidate would only ever be found to be the same.
    if (receiver?.candidate === answering) return undefined
    const to = { environment, shadowing, candidate: receiver?.candidate }
    const isLarge = Number(request.headers['content-length'] ?? 0) > shadowing.limits.bodyBytes
    if (receiver === undefined || isLarge) {
      desk.drop(to, isLarge ? 'size' : 'unready')
      return undefined
    }
    const copying = desk.begin({ ...to, candidate: receiver.candidate })
    return copying && { shadow, receiver, copying, headers: copyHeaders(request, shadowing.pass) }
  }

  return {
    /**
     * @param answering - the candidate that answers this request
     * @param second - another instance of what answers this request, if there is one
     * @returns undefined when it is not copied
     */
    tap(
      request: IncomingMessage,
      shadows: readonly Shadow[],
      answering: Digest,
      second: () => Upstream | undefined,
    ): Overhearing | undefined {
      const drawn = shadows.flatMap((shadow) => draw(shadow, request, answering) ?? [])
      if (drawn.length === 0) return undefined
      const asked = { method: request.method!, path: request.url! }
      const taps = drawn.map((one) =>
        overhear(one.shadow.shadowing.limits, (heard) => {
          if (typeof heard === 'string') return one.copying.end(heard)
          // In a turn of its own, when whoever asked has been served.
          setImmediate(() => void copy(one, asked, heard, second()).catch(() => one.copying.end('unready')))
        }),
      )
      return {
        asked: (message) => taps.forEach((tap) => tap.asked(message)),
        answered: (answer) => taps.forEach((tap) => tap.answered(answer)),
        ended: () => taps.forEach((tap) => tap.ended()),
        over: () => taps.forEach((tap) => tap.over()),
      }
    },
  }
}

type Asked = Pick<Copy, 'method' | 'path'>
