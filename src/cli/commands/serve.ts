import { buildCommand } from '@stricli/core'
import { connectFlags } from '../api.ts'
import type { CliContext } from '../context.ts'
import type { UpFlags } from '../up.ts'
import { capacity } from './capacity.ts'
import { jsonFlag } from './flow.ts'

/** Of a page: what a browser calls it. */
function origin(text: string): string {
  if (URL.canParse(text) && new URL(text).origin === text) return text
  throw new SyntaxError(`"${text}" is no origin of a page: write it as https://shop.example.org, with nothing behind it`)
}

const portFlag = { kind: 'parsed', parse: portNumber, optional: true, brief: 'port of the API and the page [default: 7333]' } as const

export const upCommand = buildCommand<UpFlags, [], CliContext>({
  loader: async () => (await import('../up.ts')).up,
  parameters: {
    flags: {
      home: connectFlags.home,
      port: portFlag,
      host: {
        kind: 'parsed',
        parse: String,
        optional: true,
        brief: 'address to listen on [default: 127.0.0.1]; on others even looking takes a token',
      },
      servicesHost: {
        kind: 'parsed',
        parse: String,
        optional: true,
        brief: 'address at which services can be asked; on others than 127.0.0.1 by everybody who reaches it [default: 127.0.0.1]',
      },
      name: { kind: 'parsed', parse: String, optional: true, brief: "what people call it beside other servers [default: the host's name]" },
      capacity: {
        kind: 'parsed',
        parse: capacity,
        optional: true,
        brief: 'steps at the same time [default: twice the processors, at least 4]',
      },
      provider: {
        kind: 'enum',
        values: ['process', 'docker'],
        optional: true,
        brief: 'run environments as processes, or in containers of Docker or Podman (DOCKER_HOST) [default: process]',
      },
      baseImage: {
        kind: 'parsed',
        parse: String,
        optional: true,
        brief: 'what images are made from where a service names none [default: node:24-slim]',
      },
      flagOrigin: {
        kind: 'parsed',
        parse: origin,
        variadic: true,
        optional: true,
        brief: 'pages that may ask for flags, as https://shop.example.org; several times [default: those of this machine]',
      },
    },
  },
  docs: {
    brief: 'Start the server of this folder: works on deliveries, keeps environments, shows the page',
    fullDescription: [
      'Start the server of this folder: works on deliveries, keeps environments, shows the page.',
      '',
      'With a commit-status.json in the data folder it tells GitHub or GitLab how commits stand; docs/line.md shows one.',
    ].join('\n'),
  },
})

export const demoCommand = buildCommand<{ home?: string; port?: number; once: boolean; story: boolean; json: boolean }, [], CliContext>({
  loader: async () => (await import('../demo.ts')).demo,
  parameters: {
    flags: {
      home: connectFlags.home,
      port: portFlag,
      once: { kind: 'boolean', default: false, withNegated: false, brief: 'end after the delivery' },
      story: { kind: 'boolean', default: false, withNegated: false, brief: 'play the whole story: good change, two bad ones, the fix' },
      json: jsonFlag,
    },
  },
  docs: { brief: 'Deliver the example shop from commit to production on this machine' },
})

export const initCommand = buildCommand<{ print: boolean }, [], CliContext>({
  loader: async () => (await import('../init.ts')).init,
  parameters: { flags: { print: { kind: 'boolean', default: false, withNegated: false, brief: 'only print what would be written' } } },
  docs: { brief: 'Write a threeways.yaml from what this repository has' },
})

function portNumber(text: string): number {
  const port = Number(text)
  if (Number.isInteger(port) && port >= 0 && port < 65_536) return port
  throw new Error(`"${text}" is no port: a number from 0 to 65535`)
}
