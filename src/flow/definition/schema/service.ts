import { z } from 'zod'
import { dependencyKeys, deployKeys, healthcheckKeys, limitKeys, portKeys, resourcesKeys, serviceKeys } from './compose-keys.ts'
import { keyNotes } from './registry.ts'
import { SecretUses } from './secrets.ts'
import { Bytes, Command, Cpus, duration, FilePath, named, OptionValue, Pids, Replicas, TreePath, Variables } from './values.ts'

const MigrationTool = z.strictObject({
  run: Command.meta({
    description:
      'Program and arguments that bring the database up to date, run in the artifact with the address in `DATABASE_URL` and `PGHOST`, `PGPORT`, `PGUSER`, `PGPASSWORD`, `PGDATABASE`. It may be run again after a failure. What it does is not read.',
    examples: ['npx prisma migrate deploy'],
  }),
  files: z
    .union([TreePath.transform((file) => [file]), z.array(TreePath).min(1, 'names nothing: by these files is known whether it has run')])
    .meta({
      description:
        'Files and folders it applies. It runs once in each environment for each content of them, and they are packed by themselves.',
      examples: ['prisma/migrations'],
    }),
  timeout: duration(1).prefault('10m').meta({ description: 'It is ended and failed after this time.' }),
})

const ProviderOptions = z.strictObject({
  resource: z
    .enum(['postgres'])
    .meta({ description: 'Kind of resource. `postgres` gives each environment a database of its own.', examples: ['postgres'] }),
  seed: FilePath.optional().meta({
    description:
      'SQL file in the repository, run once into a new database. An environment may name another under `x-threeways.environments.<name>.seed`.',
    examples: ['db/seed.sql'],
  }),
  migrations: z
    .union([FilePath, MigrationTool])
    .optional()
    .meta({
      description:
        'Folder of numbered SQL files in the repository, each run once in each environment: before the new candidate starts, or, where its name ends in `.contract.sql` or it lies in `contract/`, once the candidate is verified. They come after the seed. Or a map: a tool that does it.',
      examples: ['db/migrations'],
    }),
})

const OwnProvider = z
  .strictObject({
    type: z.literal('threeways').meta({ description: "Who provides it. The word is Compose's own for services that are no containers." }),
    options: ProviderOptions.meta({ description: 'What is wanted.' }),
  })
  .register(keyNotes, { foreign: true })

const optionRule = 'should be the name of an option: letters, digits, ".", "_" and "-", beginning with a letter'
const providerRule = 'should be threeways, or the name of a provider: no path, and not "compose"'
const ForeignProvider = z
  .strictObject({
    type: z
      .string()
      // Aborted: else one branch that is nearly right would speak for both.
      .regex(/^(?!(?:threeways|compose)$)[A-Za-z0-9][\w.-]{0,99}$/, { error: providerRule, abort: true })
      .meta({
        description:
          'A provider of others, as Docker Compose has it: the Docker CLI plugin `docker-<type>`, or a program on the PATH of the server. See [compose.md](compose.md).',
        examples: ['awesomecloud'],
      }),
    options: z
      .record(z.string().regex(/^[A-Za-z][\w.-]{0,99}$/, optionRule), OptionValue)
      .prefault({})
      .meta({ description: 'Passed on to it as `--name=value`; a list, once for each.', examples: [{ type: 'mysql', size: 256 }] }),
  })
  .register(keyNotes, { foreign: true })

const Provider = z.union([OwnProvider, ForeignProvider])

const Dependency = z
  .strictObject({
    condition: z
      .enum(['service_started', 'service_healthy'], {
        error: ({ input }) =>
          input === 'service_completed_successfully'
            ? 'is valid in Compose, but not honoured: services are not waited for until they end'
            : undefined,
      })
      .meta({
        description:
          'What to wait for before this service starts. `service_healthy` needs a health check there; resources always have one.',
        examples: ['service_healthy'],
      }),
  })
  .register(keyNotes, { compose: dependencyKeys, foreign: true })

const DependsOn = z
  .union([
    named(Dependency),
    z.array(z.string()).transform((names) => Object.fromEntries(names.map((name) => [name, { condition: 'service_started' as const }]))),
  ])
  .transform((entries) =>
    Object.fromEntries(
      Object.entries(entries).map(([name, { condition }]) => [
        name,
        condition === 'service_healthy' ? ('healthy' as const) : ('started' as const),
      ]),
    ),
  )

const Test = z.union([z.string(), z.array(z.string())]).transform((written, context): readonly string[] => {
  if (typeof written === 'string') return ['/bin/sh', '-c', written]
  const [form, ...words] = written
  if (form === 'CMD' && words.length > 0) return words
  if (form === 'CMD-SHELL' && words.length === 1) return ['/bin/sh', '-c', words[0]!]
  const help =
    form === 'NONE' ? 'remove the whole healthcheck' : 'write ["CMD", program, argument …], ["CMD-SHELL", "text"] or text for a shell'
  context.issues.push({
    code: 'custom',
    message: form === 'NONE' ? 'is valid in Compose, but not honoured' : 'is not a test',
    input: written,
    params: { help },
  })
  return z.NEVER
})

export const Healthcheck = z
  .strictObject({
    'x-http': z
      .string()
      .max(2000)
      .regex(/^\/[!-~]*$/, 'should be a path that begins with "/"')
      .optional()
      .meta({
        description:
          'Path that answers 2xx or 3xx when the service is well. With both, this is used for processes and `test` by `docker compose`.',
        examples: ['/healthz'],
      }),
    test: Test.optional().meta({
      description:
        "A command that ends with 0 when the service is well, in Compose's forms. It runs in the service's folder with its variables.",
      examples: [['CMD', 'node', 'scripts/health.js']],
    }),
    interval: duration(10).prefault('1s').meta({ description: 'Time between two looks.' }),
    timeout: duration(10).prefault('5s').meta({ description: 'A look that takes longer failed.' }),
    retries: z.int().min(1).max(1000).default(3).meta({ description: 'Failures in a row until the service counts as unhealthy.' }),
    start_period: duration(0)
      .prefault('10s')
      .meta({ description: 'Failures within this time after the start do not count. Longer than the slowest start.' }),
  })
  .register(keyNotes, { compose: healthcheckKeys, foreign: true })

const portNumber = z.int().min(1).max(65_535)
const PortText = z.string().transform((text, context) => {
  const found = /^(?:(?:\d{1,3}(?:\.\d{1,3}){3}:)?\d{0,5}:)?(\d{1,5})(?:\/(tcp|udp|sctp))?$/.exec(text)
  const port = Number(found?.[1])
  if (found && port >= 1 && port <= 65_535 && (found[2] ?? 'tcp') === 'tcp') return port
  const known = /^[\d.:-]+(\/\w+)?$/.test(text)
  context.issues.push({
    code: 'custom',
    message: known ? 'is valid in Compose, but not honoured: a service has one TCP port' : 'is not a port',
    input: text,
    params: { help: 'write the port it listens on, for example "3000"' },
  })
  return z.NEVER
})
const PortMap = z
  .strictObject({
    target: portNumber.meta({ description: 'The port the service listens on.' }),
    published: z.union([portNumber, z.string()]).optional().meta({ description: 'Only used by `docker compose`.' }),
    host_ip: z.string().optional().meta({ description: 'Only used by `docker compose`.' }),
    protocol: z.literal('tcp').optional().meta({ description: 'Other protocols are not honoured.' }),
    name: z.string().optional().meta({ description: 'For readers.' }),
  })
  .register(keyNotes, { compose: portKeys, foreign: true })
  .transform(({ target }) => target)

const Ports = z
  .array(z.union([portNumber, PortText, PortMap]))
  .max(1, 'has more than one port, which is valid in Compose, but not honoured: a service has one')

const signal = z.enum(['SIGTERM', 'SIGINT', 'SIGQUIT']).default('SIGTERM')
const grace = duration(0).prefault('10s')

const Stop = z.strictObject({
  signal: signal.meta({ description: 'Asks the process to end.' }),
  grace: grace.meta({ description: 'After this time what still runs is killed.' }),
})

const memory = 'Memory of one instance with all it starts. More is not given: the kernel ends a process of it, and that is told as such.'
const cpus = 'Processor time of one instance: 0.5 is half of one processor.'
const pids = 'Processes and threads of one instance at once.'

const ResourceLimits = z
  .strictObject({
    memory: Bytes.optional().meta({ description: memory, examples: ['256M'] }),
    cpus: Cpus.optional().meta({ description: cpus, examples: ['0.5'] }),
    pids: Pids.optional().meta({ description: pids, examples: [100] }),
  })
  .register(keyNotes, { compose: limitKeys, foreign: true })

const Resources = z
  .strictObject({ limits: ResourceLimits.optional().meta({ description: 'What one instance gets at most.' }) })
  .register(keyNotes, { compose: resourcesKeys, foreign: true })

const Deploy = z
  .strictObject({
    replicas: Replicas.optional().meta({
      description: 'Instances side by side, in every environment that says nothing else; each gets a port of its own in `PORT`.',
      examples: [3],
    }),
    resources: Resources.optional().meta({
      description: 'Limits. Where this machine cannot keep them they are refused, unless the environment says `limits: when-present`.',
    }),
  })
  .register(keyNotes, { compose: deployKeys, foreign: true })

export const Run = z.strictObject({
  command: Command.meta({
    description:
      'Program and arguments. Text is split into words, without a shell. The service must listen on 127.0.0.1 at the port in `PORT`.',
    examples: [['node', 'dist/server.js']],
  }),
  workdir: TreePath.default('.').meta({ description: 'Folder inside the artifact where it runs.', examples: ['packages/api'] }),
  stop: Stop.optional().meta({ description: 'How it is stopped; wins over `stop_signal` and `stop_grace_period`.' }),
})

export const Service = z
  .strictObject({
    provider: Provider.optional().meta({
      description:
        'Makes it something that is provided: a resource of ours, or what a provider of others makes. Whoever depends on `db` gets its address as `DB_URL`; such a service has no other key.',
    }),
    'x-run': Run.optional().meta({ description: 'How it runs as a plain process. Without it, `command` is used.' }),
    command: Command.optional().meta({
      description: "Compose's command for the container; also used for the process when there is no `x-run`.",
    }),
    environment: Variables.prefault({}).meta({
      description:
        'Variables it gets in every environment, as a map or a list of `NAME=value`. `PORT` and the `…_URL` of what it depends on are added.',
      examples: [{ LOG_LEVEL: 'info' }],
    }),
    secrets: SecretUses.meta({
      description:
        'Secrets it gets, each in a file that only it can read: `/run/secrets/<name>` in a container or with isolation; `<NAME>_FILE` says where it is in any case.',
      examples: [['stripe-key']],
    }),
    depends_on: DependsOn.prefault({}).meta({
      description: 'Services and resources that start before it, as a list or a map with conditions.',
      examples: [{ db: { condition: 'service_healthy' } }],
    }),
    healthcheck: Healthcheck.optional().meta({ description: 'How to tell that it is well. Traffic moves only to a healthy service.' }),
    ports: Ports.optional().meta({
      description:
        "The one port it listens on, in any of Compose's forms; as a process it gets a free port of its own in `PORT`, so that many environments run side by side.",
      examples: [['3000']],
    }),
    deploy: Deploy.optional().meta({ description: 'How many of it run. How a candidate replaces another is said by its stage.' }),
    mem_limit: Bytes.optional().meta({ description: "Compose's short form of `deploy.resources.limits.memory`." }),
    cpus: Cpus.optional().meta({ description: "Compose's short form of `deploy.resources.limits.cpus`." }),
    pids_limit: Pids.optional().meta({ description: "Compose's short form of `deploy.resources.limits.pids`." }),
    restart: z
      .enum(['always', 'on-failure', 'no'], {
        error: ({ input }) =>
          typeof input === 'string' && (input === 'unless-stopped' || input.startsWith('on-failure:'))
            ? 'is valid in Compose, but not honoured'
            : undefined,
      })
      .default('always')
      .meta({
        description:
          "What happens when it ends by itself. Compose's own default is `no`; here a service that ends is started again, each time a little later.",
      }),
    stop_signal: signal.meta({ description: "Compose's form of `x-run.stop.signal`." }),
    stop_grace_period: grace.meta({ description: "Compose's form of `x-run.stop.grace`." }),
    image: z.string().min(1).optional().meta({ description: 'Kept for container providers; a plain process does not need it.' }),
    build: z
      .union([z.string(), z.record(z.string(), z.json())])
      .optional()
      .meta({ description: 'Kept for container providers; a plain process does not need it.' }),
  })
  .register(keyNotes, { compose: serviceKeys, foreign: true })
