import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { tellWebhook } from '../../connectors/gitlab/webhook.ts'
import { Repository } from '../../flow/lineage/repository.ts'
import { instantOf } from '../../kernel/clock.ts'

const main = 'refs/heads/main'
const project = { name: 'acme/shop', stream: 'shop', incidentLabel: 'incident', incidentEnvironment: 'production' }
const nothing = '0'.repeat(40)

/** Where a branch is pushed to next, gone among it, and which deliveries are sent again then. */
const steps = fc.array(
  fc.record({
    to: fc.constantFrom(nothing, ...['a', 'b', 'c', 'd'].map((letter) => letter.repeat(40))),
    commits: fc.boolean(),
    again: fc.array(fc.nat(), { maxLength: 3 }),
  }),
  { minLength: 1, maxLength: 12 },
)

describe('what pushes to GitLab say of a branch', () => {
  it('is where it stands, whatever was delivered again and how old commits are', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const repository = new Repository('acme/shop')
        const recorded = new Set<string>()
        const sent: (() => Promise<void>)[] = []
        let now = Date.UTC(2026, 0, 1)
        let before = nothing
        for (const { to, commits, again } of all) {
          if (to !== before) {
            const delivery = `delivery-${sent.length}`
            const timestamp = instantOf(now - 600_000)
            const payload = {
              object_kind: 'push',
              ref: main,
              before,
              after: to,
              commits: commits && to !== nothing ? [{ timestamp }] : [],
              project: { default_branch: 'main' },
            }
            const send = async () => {
              const at = instantOf((now += 1000))
              for (const told of (await tellWebhook(payload, project, { at, delivery, stood: async (ref) => repository.stood(ref) })) ??
                []) {
                if (told.kind !== 'refs' || recorded.has(told.id)) continue
                recorded.add(told.id)
                repository.addRefs(
                  { repository: told.repository, refs: told.refs, gone: [...(told.gone ?? [])] },
                  { time: told.at, id: told.id },
                )
              }
            }
            sent.push(send)
            await send()
            before = to
          }
          for (const which of again) await sent[which % sent.length]?.()
          expect(repository.places().get(main)).toBe(before === nothing ? undefined : before)
        }
      }),
      { numRuns: 300 },
    )
  })
})
