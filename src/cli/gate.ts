import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { mayGo, type Answer } from '../feedback/line/posture.ts'
import { parseScope } from '../feedback/line/scope.ts'
import { messageOf } from '../kernel/errors.ts'
import { unseal } from '../kernel/signing/dsse.ts'
import { publicKeyFrom } from '../kernel/signing/keys.ts'
import { withApi, type ConnectFlags } from './api.ts'
import type { CliContext } from './context.ts'

/** 0 is go. Whatever is not clearly a go fails the step that asked. */
export const gateCodes = { go: 0, stopped: 10, unknown: 11 } as const

export type GateFlags = ConnectFlags & { readonly json: boolean; readonly posture?: string; readonly key?: string; readonly wait?: number }

const askEveryMs = 2_000

/** Says in one sentence whether the line is open, and with the exit code to any CI. Never throws: what it cannot tell is no. */
export async function gate(this: CliContext, flags: GateFlags, scope: string): Promise<void> {
  const until = Date.now() + (flags.wait ?? 0)
  let answer = await ask(this, flags, scope)
  while (answer.answer !== 'go' && Date.now() < until) {
    await sleep(Math.min(askEveryMs, until - Date.now()))
    answer = await ask(this, flags, scope)
  }
  if (flags.json) this.output.json(answer)
  else this.output.result(answer.answer === 'unknown' ? `cannot decide, so no: ${answer.why}` : answer.why)
  this.process.exitCode = gateCodes[answer.answer]
}

async function ask(context: CliContext, flags: GateFlags, scope: string): Promise<Answer> {
  try {
    const asked = parseScope(scope)
    if (flags.posture !== undefined) {
      if (flags.key === undefined)
        return { answer: 'unknown', why: 'a posture from a file needs --key, the public key that it is checked with' }
      return judge(JSON.parse(await readFile(flags.posture, 'utf8')), flags.key)
    }
    let answer: Answer = { answer: 'unknown', why: 'the server did not answer' }
    await withApi(context, flags, async (api) => {
      const keys = flags.key === undefined ? await api.get<{ keys: { publicKey: string }[] }>('/api/line/keys') : undefined
      const trusted = flags.key ?? keys!.keys.map(({ publicKey }) => publicKey).join(',')
      const path = scope.split('/').map(encodeURIComponent).join('/')
      answer = judge(await api.get(`/api/line/${path}`), trusted)
    })
    return answer

    function judge(envelope: unknown, key: string): Answer {
      const opened = unseal(envelope, key.split(',').map(publicKeyFrom))
      return 'refused' in opened ? { answer: 'unknown', why: opened.refused } : mayGo(opened, asked, Date.now())
    }
  } catch (error) {
    return { answer: 'unknown', why: messageOf(error) }
  }
}
