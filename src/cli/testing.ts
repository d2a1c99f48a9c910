import { EventEmitter } from 'node:events'
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { run, type StricliDynamicCommandContext } from '@stricli/core'
import type { TestThreeways } from '../server/testing.ts'
import { app } from './app.ts'
import type { CliContext } from './context.ts'
import { makeOutput } from './output.ts'

/** A server that commands ask, and commands that ask it. */
export async function commandsOf(t: TestThreeways) {
  const server = serve({ fetch: t.threeways.app.fetch, port: 0, hostname: '127.0.0.1' })
  await new Promise((done) => server.once('listening', done))
  return {
    /** What a command writes, and the code that it ends with. */
    async command(...words: readonly string[]) {
      let text = ''
      const write = (more: string) => {
        text += more
        return true
      }
      const stream = { write, isTTY: false } as unknown as NodeJS.WriteStream
      const given = { env: { NO_COLOR: '1' }, stdout: stream, stderr: stream, exitCode: undefined }
      const own = Object.assign(new EventEmitter(), given) as unknown as NodeJS.Process
      const env = {
        THREEWAYS_SERVER: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        THREEWAYS_TOKEN: t.threeways.adminToken,
      }
      const context: CliContext = { process: own, cwd: process.cwd(), env, output: makeOutput(own) }
      await run(app, words, context as StricliDynamicCommandContext<CliContext>)
      return { text, exitCode: own.exitCode }
    },
    close: () => void server.close(),
  }
}
