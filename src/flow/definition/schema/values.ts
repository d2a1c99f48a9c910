import { z } from 'zod'
import { bytesPattern, parseBytes } from '../../../kernel/bytes.ts'
import { durationPattern, parseDuration } from '../../../kernel/duration.ts'
import { splitWords } from '../words.ts'

/** Names become names of folders, databases, variables and hosts, so they are short and plain. */
const nameMax = 40
// `constructor` is a member of every JavaScript object, so a table of names could answer for it.
export const namePattern = /^(?!constructor$)[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?$/
const nameRule = `should be lower case letters, digits and dashes, begin with a letter and have at most ${nameMax} characters`

export const Name = z.string().regex(namePattern, nameRule)

/** A map from names to something. */
export const named = <T extends z.ZodType>(of: T) => z.record(Name, of)

/** YAML text, or a number or truth value whose text is meant. */
const ScalarText = z.union([z.string(), z.number(), z.boolean()]).transform(String)

/** Of an option of a provider: once or several times. */
export const OptionValue = z
  .union([ScalarText, z.array(ScalarText).max(100)])
  .transform((written): readonly string[] => (typeof written === 'string' ? [written] : written))
  .refine((all) => all.every((text) => text.length <= 4_096), 'is longer than 4096 characters')

const dayMs = 86_400_000
const durationRule = 'should be a duration: a number and a unit (ms, s, m, h)'

/** The value of a label of a machine. */
export const Label = ScalarText.pipe(z.string().regex(/^[\w.+-]{1,64}$/, 'should be letters, digits and .+-_ only, at most 64'))

/** A duration within bounds, as milliseconds. Timers cannot hold more than 24 days; a day is far beyond any use here. */
export function duration(minMs: number, maxMs = dayMs): z.ZodType<number, string> {
  return z
    .string(durationRule)
    .regex(new RegExp(durationPattern), durationRule)
    .transform((text, context) => {
      const ms = Math.round(parseDuration(text))
      if (ms >= minMs && ms <= maxMs) return ms
      context.issues.push({ code: 'custom', message: `should be at least ${minMs}ms and at most ${maxMs / 3_600_000}h`, input: text })
      return z.NEVER
    })
}

const shellHelp = (text: string) => `write ["sh", "-c", ${JSON.stringify(text)}], or a list of words, or several commands`

/** Text that is split into words without a shell, or the words themselves. */
export const Command = z.union([z.string(), z.array(z.string())]).transform((written, context): readonly string[] => {
  const split = typeof written === 'string' ? splitWords(written) : { words: written }
  if ('problem' in split) {
    const params = { offset: split.offset, help: shellHelp(String(written)) }
    context.issues.push({ code: 'custom', message: `${split.problem}, and commands run without one`, input: written, params })
    return z.NEVER
  }
  if (split.words.length > 0 && split.words[0] !== '') return split.words
  context.issues.push({
    code: 'custom',
    message: 'names no program',
    input: written,
    params: { help: 'write for example [node, server.js]' },
  })
  return z.NEVER
})

const bytesRule = 'should be a size: a number and a unit (k, m, g), for example 256M'

/** A size in Compose's form, in bytes. */
export const Bytes = z
  .union([z.string(), z.int()])
  .transform(String)
  .pipe(
    z
      .string()
      .regex(new RegExp(bytesPattern), bytesRule)
      .transform((text) => parseBytes(text)!)
      .refine((bytes) => bytes >= 4 * 1024 ** 2, 'should be at least 4M'),
  )

/** Processors, as a number or its text. */
export const Cpus = z
  .union([z.number(), z.string().regex(/^\d+(\.\d+)?$/, 'should be a number, for example 0.5')])
  .transform(Number)
  .refine((cpus) => cpus >= 0.01 && cpus <= 1024, 'should be at least 0.01')

export const Pids = z.int().min(1).max(4_194_304)

/** Instances of a service side by side. */
export const Replicas = z.int().min(1).max(100)

/** A path inside the repository: `/` between its parts, without a way out. Comes back without `./` and a `/` at its end. */
function pathInside(allowRoot: boolean): z.ZodType<string, string> {
  return z
    .string()
    .max(400)
    .transform((written, context) => {
      const refuse = (message: string, help: string) => {
        context.issues.push({ code: 'custom', message, input: written, params: { help } })
        return z.NEVER
      }
      if (written.startsWith('/') || /^[A-Za-z]:/.test(written)) return refuse('is an absolute path', 'write it relative to this file')
      if (written.includes('\\')) return refuse('holds a backslash', 'write "/" between the parts of a path')
      if (/[*?]|\[.*\]/.test(written)) return refuse('is a pattern', 'name the file or folder itself')
      if (/^~|[\n\r]/.test(written)) return refuse('is not a plain path', 'write it relative to this file')
      const parts = written.split('/').filter((part) => part !== '' && part !== '.')
      if (parts.includes('..')) return refuse('leads out of the repository', 'name something inside it, without ".."')
      if (parts.length === 0) return allowRoot && written !== '' ? '.' : refuse('names no file', 'write for example reports/junit.xml')
      if (parts[0] === '.git' || parts[0] === '.threeways')
        return refuse(`lies in "${parts[0]}", which is not part of a candidate`, 'name something else')
      return parts.join('/')
    })
}

/** A file. */
export const FilePath = pathInside(false)
/** A file or folder; `.` is everything. */
export const TreePath = pathInside(true)

const variablePattern = /^[A-Za-z_]\w{0,99}$/
export const VariableName = z
  .string()
  .regex(variablePattern, 'should be a variable name: letters, digits and "_", not beginning with a digit')

const VariableValue = ScalarText.refine((text) => text.length <= 65_536, 'is longer than 65536 characters')

/** Environment variables as Compose writes them: a map, or a list of `NAME=value`. */
export const Variables = z
  .union([
    z.record(VariableName, VariableValue),
    z.array(z.string()).transform((entries, context) => {
      const variables: Record<string, string> = {}
      for (const [index, entry] of entries.entries()) {
        const [, name, value] = /^([^=]*)=([^]*)$/.exec(entry) ?? []
        const complain = (message: string, help: string) =>
          context.issues.push({ code: 'custom', message, input: entry, path: [index], params: { help } })
        if (name === undefined)
          complain(`"${entry}" has no value`, `write ${entry}=value: values never come from the machine that reads this file`)
        else if (!variablePattern.test(name)) complain(`"${name}" is not a variable name`, 'write NAME=value')
        else if (Object.hasOwn(variables, name)) complain(`"${name}" is there twice`, 'keep one of them')
        else variables[name] = value!
      }
      return variables
    }),
  ])
  .transform((variables): Readonly<Record<string, string>> => variables)
