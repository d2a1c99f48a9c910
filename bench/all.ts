/** Every claim's script, one after the other, each in a process of its own. Ends with 1 when one of them does. */
import { spawn } from 'node:child_process'
import path from 'node:path'

const scripts = [
  'start',
  'command-line',
  'step-overhead',
  'ci-server',
  'judge',
  'experiments',
  'overlaps',
  'line-leaks',
  'environment',
  'switches',
  'canary',
  'isolation',
  'docker',
  'secrets',
  'drift',
  'ledger',
  'streams',
  'page',
  'tamper',
  'provenance',
  'workers',
  'takeover',
  'flag-eval',
  'flags',
  'dark-launch',
  'shadow',
  'chaos',
]
const failed: string[] = []
for (const script of scripts) {
  console.log(`\n${script}`)
  const child = spawn(process.execPath, [path.join(import.meta.dirname, `${script}.ts`)], { stdio: ['ignore', 'inherit', 'inherit'] })
  const code = await new Promise((resolve) => child.once('exit', resolve))
  if (code !== 0) failed.push(script)
}
if (failed.length > 0) {
  console.log(`\nfailed: ${failed.join(', ')}`)
  process.exitCode = 1
}
