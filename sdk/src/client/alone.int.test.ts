import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const client = JSON.stringify(new URL('./client.ts', import.meta.url).href)
/** Nobody listens there. */
const nowhere = JSON.stringify('http://127.0.0.1:9/api/flag-sets/production')

describe('a process that has nothing else to do', () => {
  it('goes on for as long as it waits for flags, and then learns that there are none', async () => {
    const script = `const { createClient } = await import(${client}); console.log(await createClient({ url: ${nowhere} }).ready(300))`
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script])
    expect(stdout.trim()).toBe('false')
  })

  it('ends by itself when it waits for nothing any more', async () => {
    const script = `const { createClient } = await import(${client}); const one = createClient({ url: ${nowhere} }); console.log(one.status())`
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script])
    expect(stdout.trim()).toBe('starting')
  })
})
