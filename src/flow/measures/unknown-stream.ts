import { notFound, type ThreewaysError } from '../../kernel/errors.ts'
import { nearTo, suggestion } from '../definition/suggest.ts'
import type { Past } from './past.ts'

type Asked = { readonly to?: string | undefined; readonly asOf?: string | undefined }

/** Why nothing can be said of a stream: there is none of that name, none was known then, or it never came there. */
export function unknownStream(past: Pick<Past, 'streams'>, stream: string, { to, asOf }: Asked = {}): ThreewaysError {
  const found = past.streams.get(stream)
  if (found === undefined) {
    return notFound('STREAM_NOT_FOUND', {
      message: `nothing is known of deployments of "${stream}"`,
      help: nearTo(stream, [...past.streams.keys()]) ?? 'see `threeways flow`',
    })
  }
  const [first] = found.deployments
  if (first !== undefined && asOf !== undefined && Date.parse(asOf) < first.at)
    return notFound('STREAM_NOT_FOUND', {
      message: `nothing was known of deployments of "${stream}" on ${asOf.slice(0, 10)}`,
      help: `the first that is known is of ${new Date(first.at).toISOString().slice(0, 10)}`,
    })
  const places = [...new Set(found.deployments.map(({ environment }) => environment))]
  return notFound('STREAM_NOT_FOUND', {
    message: `nothing is known of deployments of "${stream}"${to === undefined ? '' : ` to ${to}`}`,
    help: to === undefined || places.includes(to) ? 'see `threeways flow`' : suggestion(to, places, 'see `threeways flow`'),
  })
}
