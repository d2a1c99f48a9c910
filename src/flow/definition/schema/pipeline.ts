import { z } from 'zod'
import { teamLengthMax, teamPattern } from '../../team/name.ts'
import { Deploy } from './deploy.ts'
import { Gate } from './gate.ts'
import { keyNotes } from './registry.ts'
import { Shadow } from './shadow.ts'
import { SecretUses } from './secrets.ts'
import { Command, duration, FilePath, Label, Name, named, Replicas, TreePath, VariableName, Variables } from './values.ts'

export const Artifact = z.strictObject({
  build: z
    .array(Command)
    .default([])
    .meta({
      description: 'Commands, run in order in a clean checkout of the commit. Text is split into words, without a shell.',
      examples: [['npm ci', 'npm run build']],
    }),
  secrets: SecretUses.meta({
    description:
      'Secrets that the commands of the build get, as a service does. Whatever they write into files that are packed is in the artifact.',
    examples: [['registry-token']],
  }),
  pack: z
    .array(TreePath)
    .min(1, 'names nothing: an artifact needs at least one path')
    .meta({
      description:
        'Files and folders of the checkout that make up the artifact after the build. Seeds are added by themselves; nothing else reaches an environment.',
      examples: [['dist', 'package.json', 'node_modules']],
    }),
  reproducible: z
    .enum(['required', 'unchecked'])
    .default('unchecked')
    .meta({ description: '`required` builds twice and refuses a candidate whose files differ.' }),
})

export const Tools = z.record(
  Name,
  z
    .union([z.string(), z.number()])
    .transform(String)
    .refine(
      (version) => /^\d+(\.\d+)*([-+.][0-9A-Za-z.]+)?$/.test(version),
      'should be a version, or its leading parts, for example "24" or "24.21"',
    ),
)

const provider = z.enum(['process', 'docker']).meta({
  description:
    'How environments come to life. `docker`: in containers of Docker or Podman. `process`: plain processes of the operating system, unless the server was started with `--provider docker`.',
})

const Parity = z
  .array(VariableName)
  .default([])
  .meta({
    description: 'Names of variables that may differ between environments: the declared differences. Any other difference is refused.',
    examples: [['LOG_LEVEL', 'BANNER']],
  })

const isolation = z.enum(['required', 'when-present', 'none']).meta({
  description:
    'Keeps processes, files and network of each service apart, with bubblewrap: its artifact is read-only, `/tmp` and `HOME` are its own, the system is there, nothing else of the machine is. `when-present`: where this machine can; the difference is shown. `required`: refused where it cannot. Left out: `none`.',
})
const network = z.enum(['own', 'host']).meta({
  description:
    "With isolation. `own`: every service has the port it names, and reaches the services and resources it depends on and nothing else, not even the internet. `host`: the machine's network, as without isolation. Left out: `own`.",
})

const drift = z.enum(['heal', 'alert', 'off']).meta({
  description:
    'What is done when something of the environment is not as it was made: a file was edited, a process stopped or replaced, a port taken, a database changed. `alert`: it is told. `heal`: it is told and put right, another process beside the one that differs, so that no request fails; data is never touched. `off`: nobody looks. Left out: `alert`.',
})

const limits = z.enum(['required', 'when-present']).meta({
  description:
    'What happens to the limits of services (`deploy.resources.limits`, `mem_limit`, `cpus`, `pids_limit`) that this machine cannot keep. `required`: they are refused. `when-present`: they are left out, and the difference is shown. Left out: `required`.',
})
const ttl = duration(1_000, 365 * 86_400_000).meta({
  description:
    'How long an environment of this kind lives that somebody asked for with `threeways env up`; told half an hour before, extended with `env extend`. Left out: until somebody destroys it. Environments of stages stay.',
})
const sleepAfter = duration(1_000).meta({
  description:
    'When nobody asked anything of its public addresses for so long, its processes end. Data and addresses stay, and the first request wakes it and is held until it is ready. Under `defaults` it is for environments that people ask for; in an environment of its own also where a stage owns it. WebSockets and streams count until they end.',
})

export const EnvironmentDefaults = z.strictObject({
  provider: provider.default('process'),
  isolation: isolation.optional(),
  network: network.optional(),
  limits: limits.optional(),
  drift: drift.optional(),
  ttl: ttl.optional(),
  sleep_after: sleepAfter.optional(),
  parity: Parity,
})

export const Environment = z.strictObject({
  provider: provider.optional(),
  isolation: isolation.optional(),
  network: network.optional(),
  limits: limits.optional(),
  drift: drift.optional(),
  ttl: ttl.optional(),
  sleep_after: sleepAfter.optional(),
  parity: Parity.meta({ description: 'Further names, beside those of `defaults`.' }),
  environment: named(Variables)
    .default({})
    .meta({
      description: 'Variables that differ here, per service. Each name must be listed in `parity`.',
      examples: [{ web: { BANNER: 'new' } }],
    }),
  seed: named(FilePath)
    .default({})
    .meta({ description: "Seed file per resource, instead of the resource's own.", examples: [{ db: 'db/seed-test.sql' }] }),
  replicas: named(Replicas)
    .optional()
    .meta({ description: "Instances per service, instead of the service's own number.", examples: [{ web: 3 }] }),
})

/** `dev:` with nothing behind it means the defaults. */
const MaybeEmpty = z.union([Environment, z.null().transform(() => Environment.parse({}))])

export const Environments = z
  .object({ defaults: EnvironmentDefaults.prefault({}).meta({ description: 'What holds for every environment that says nothing else.' }) })
  .catchall(MaybeEmpty)

export const Check = z.strictObject({
  run: Command.meta({
    description: 'Program and arguments. Text is split into words, without a shell. The check passes when it ends with 0.',
    examples: ['npm test'],
  }),
  in: z.enum(['build', 'environment']).default('build').meta({
    description:
      "`build`: in the candidate's checkout, after the build. `environment`: there too, with the addresses of the stage's environment (`WEB_URL`, `DB_URL`).",
  }),
  report: FilePath.optional().meta({ description: 'JUnit XML file it writes; its tests are kept with the run.', examples: ['junit.xml'] }),
  timeout: duration(1).prefault('10m').meta({ description: 'It is ended and failed after this time.' }),
  idempotent: z
    .boolean()
    .default(false)
    .meta({ description: 'It may run again when its outcome was lost, for instance in a power cut. Otherwise a person decides.' }),
  retries: z.int().min(0).max(10).default(0).meta({ description: 'Further tries after a failure.' }),
  secrets: SecretUses.meta({
    description: "Secrets it gets, as a service does: with the values of its stage's environment.",
    examples: [['stripe-key']],
  }),
  on: named(Label)
    .default({})
    .meta({
      description:
        'Labels that the machine must have on which it runs: a server, or a worker (`threeways worker --label gpu=1`). Every machine has `os` and `arch`.',
      examples: [{ os: 'linux', gpu: '1' }],
    }),
})

const names = z.array(z.string()).default([])

export const Stage = z
  .strictObject({
    name: Name.meta({ description: 'Name of the stage.', examples: ['test'] }),
    after: names.meta({ description: 'Stages a candidate must have passed before it may enter this one.', examples: [['dev']] }),
    environment: z
      .string()
      .optional()
      .meta({
        description: 'Key of `environments`: the candidate is deployed there. Without it the stage only runs checks.',
        examples: ['test'],
      }),
    ephemeral: z.boolean().default(false).meta({ description: 'The environment is made for this one run and destroyed after the stage.' }),
    auto: z.boolean().default(true).meta({
      description: "`false`: a person promotes into this stage. `true` asks for it; the server's policy may still want a person.",
    }),
    gate: Gate.optional().meta({ description: 'What must be so before a candidate enters: approvals, a time to soak, change windows.' }),
    checks: names.meta({ description: 'Checks that run here, side by side. All must pass.', examples: [['unit', 'lint']] }),
    deploy: Deploy.optional().meta({ description: 'How a candidate replaces the one before.' }),
    smoke: names.meta({
      description: 'Checks (`in: environment`) that run after the switch. A failure rolls back.',
      examples: [['smoke']],
    }),
    shadow: Shadow.optional().meta({
      description:
        "A share of the real requests of another stage's environment is copied to this one, and what comes back is compared and thrown away. Who asked never waits for it.",
      examples: [{ from: 'production', share: '5%' }],
    }),
    rollback: z
      .strictObject({
        automatic: z
          .boolean()
          .default(true)
          .meta({ description: 'A failed deployment or smoke check brings back the last verified candidate.' }),
        hold: z
          .boolean()
          .default(true)
          .meta({ description: 'The candidate that was rolled back is held: automation does not promote it again.' }),
      })
      .optional()
      .meta({ description: 'What happens when a deployment fails.' }),
  })
  .register(keyNotes, {
    elsewhere: Object.fromEntries(['approve', 'soak', 'window', 'freeze'].map((key) => [key, `move it into gate: {${key}: …}`])),
  })

const batchMost = z.int().min(1).max(1_000_000).optional()

export const LineRules = z.strictObject({
  batch: z
    .strictObject({
      changes: batchMost.meta({ description: 'Commits.', examples: [20] }),
      lines: batchMost.meta({ description: 'Lines added and removed.', examples: [1000] }),
    })
    .optional()
    .meta({
      description:
        "The most that may go together into a stage's environment, beyond what runs there. A larger candidate stops that stage until a person has looked at it.",
    }),
})

const teamRule = `should be one line of at most ${teamLengthMax} characters, without blanks around it`

export const Threeways = z.strictObject({
  version: z.literal(1).meta({ description: 'Version of this format.' }),
  team: z
    .string()
    .max(teamLengthMax, teamRule)
    .regex(new RegExp(teamPattern, 'u'), teamRule)
    .optional()
    .meta({
      description:
        'The team that the value stream belongs to, for measures by team: from the first delivery of the trunk that says so. Left out: as `threeways team set` says, or none.',
      examples: ['Checkout'],
    }),
  artifact: Artifact.meta({ description: 'What is built from a commit.' }),
  tools: Tools.default({}).meta({
    description: "Programs that build it, each with its version or the leading parts of it. They are part of a candidate's digest.",
    examples: [{ node: '24' }],
  }),
  environments: Environments.prefault({}).meta({ description: 'The environments, and the only values that may differ between them.' }),
  checks: named(Check).default({}).meta({ description: 'The automated checks, by name.' }),
  line: LineRules.optional().meta({ description: 'When the line stops itself, beside a red trunk and a rollback.' }),
  pipeline: z
    .strictObject({ stages: z.array(Stage).min(1, 'has no stage').meta({ description: 'The stages, from left to right.' }) })
    .register(keyNotes, { elsewhere: { checks: 'move it one level up, to x-threeways.checks' } })
    .meta({ description: 'The way from a commit to production.' }),
})
