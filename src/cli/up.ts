import { buildPage } from '../server/page.ts'
import type { Server } from '../server/serve.ts'
import { homeFolder, projectFolder, type CliContext } from './context.ts'
import { serveHere, untilEnded } from './serve-here.ts'

/** Serves until it is told to end. */
export async function up(this: CliContext, flags: { home?: string; port?: number; host?: string }): Promise<void> {
  const page = buildPage().catch((error: Error) => this.output.say(error.message))
  const server = await serveHere(this, {
    home: homeFolder(this, flags.home),
    repository: projectFolder(this.cwd),
    port: flags.port,
    host: flags.host,
  })
  await page
  tellWhere(this, server)
  await untilEnded(this)
  await server.close()
}

/** The page's address. On a terminal it carries the token of whoever sits there, in the part that browsers do not send. */
export function tellWhere({ output }: CliContext, { url, threeways }: Server): void {
  const { colour } = output
  output.say(`${colour.green('●')} ${colour.bold(url)} shows the line; Ctrl-C ends it`)
  if (output.isTerminal) output.say(colour.dim(`  to act there too: ${url}/#token=${threeways.adminToken}`))
}
