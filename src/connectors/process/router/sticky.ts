import type { IncomingMessage } from 'node:http'
import { sha256 } from '../../../kernel/digest.ts'
import type { Backend, Chosen } from './balance.ts'

/**
 * The cookie that keeps a client with the deployment it met first, and with its instance while that is there. It says nothing
 * but two short hashes. Named after the route, because browsers do not tell ports of one host apart.
 */
export function stickyCookie(routeName: string) {
  const name = `threeways_${hashOf(routeName)}`
  return {
    /** Where this client was before; undefined: nowhere, or where nobody is any more. */
    read(request: IncomingMessage, backends: readonly Backend[]): { readonly deployment: string; readonly instance: string } | undefined {
      const value = new RegExp(`(?:^|;\\s*)${name}=([0-9a-f]{8})\\.([0-9a-f]{8})(?:;|$)`).exec(request.headers.cookie ?? '')
      const backend = value && backends.find(({ deployment }) => hashOf(deployment) === value[1])
      if (!value || !backend) return undefined
      return { deployment: backend.deployment, instance: backend.instances.find(({ id }) => hashOf(id) === value[2])?.id ?? '' }
    },

    /** Header for the answer. */
    write(request: IncomingMessage, { deployment, target }: Chosen): readonly string[] {
      const secure = request.headers['x-forwarded-proto'] === 'https' ? '; Secure' : ''
      return ['Set-Cookie', `${name}=${hashOf(deployment)}.${hashOf(target.id)}; Path=/; HttpOnly; SameSite=Lax${secure}`]
    },
  }
}

const hashes = new Map<string, string>()

/** The few names there are are hashed once. */
function hashOf(text: string): string {
  const known = hashes.get(text)
  if (known !== undefined) return known
  if (hashes.size > 1_000) hashes.clear()
  const hash = sha256(text).slice('sha256:'.length, 'sha256:'.length + 8)
  hashes.set(text, hash)
  return hash
}
