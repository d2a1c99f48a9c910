import type { ProviderName } from '../flow/environment/provider.port.ts'
import type { Server } from '../server/serve.ts'
import { homeFolder, projectFolder, type CliContext } from './context.ts'
import { whileServing } from './serve-here.ts'

export type UpFlags = {
  home?: string
  port?: number
  host?: string
  servicesHost?: string
  name?: string
  capacity?: number
  provider?: ProviderName
  baseImage?: string
  flagOrigin?: readonly string[]
}

/** Serves until it is told to end. */
export async function up(this: CliContext, flags: UpFlags): Promise<void> {
  const { port, host, servicesHost, name, capacity, provider, baseImage } = flags
  const here = {
    home: homeFolder(this, flags.home),
    repository: projectFolder(this.cwd),
    port,
    host,
    servicesHost,
    name,
    capacity,
    page: true,
    flagOrigins: flags.flagOrigin,
    containers: { provider, baseImage },
  }
  await whileServing(this, here, async (server, ending) => {
    tellWhere(this, server)
    await ending.asked()
  })
}

/** The page's address. On a terminal it carries the token of whoever sits there, in the part that browsers do not send. */
export function tellWhere({ output }: CliContext, { url, threeways }: Server): void {
  const { colour } = output
  output.say(`${colour.green('●')} ${colour.bold(url)} shows the line; Ctrl-C ends it`)
  if (output.isTerminal) output.say(colour.dim(`  to act there too: ${url}/#token=${threeways.adminToken}`))
}
