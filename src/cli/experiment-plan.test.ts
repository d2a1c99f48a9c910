import { expect, it } from 'vitest'
import { planFrom } from './experiment-plan.ts'

const text = `experiment: one-page
hypothesis: " "
owner: shop
flag: checkout
arms: [off, purple, purple]
metrics:
  - {metric: ordered, kind: revenue, role: decision, effect: 0.05}
  - {metric: slow, kind: count, role: guard}
  - {metric: late, kind: count, role: guardrail}
units: 8000
looks: [0.9, 0.5, 2]
`

it('tells every fault of a plan at once, each at its line and column, with what the server found', () => {
  const message = 'the flag has no variant "purple": it has off, on'
  const { faults } = planFrom(text, 'plan.yaml').refusal([
    { path: '/looks', message: 'told by both' },
    { path: '/arms/1', message, help: 'name one of them' },
  ])
  expect(faults.map(({ line, column, message: said, help }) => `${line}:${column} ${said} (${help})`)).toMatchInlineSnapshot(`
    [
      "2:13 there is no hypothesis (see the example in docs/experiments.md)",
      "5:1 has an arm twice (see the example in docs/experiments.md)",
      "5:13 the flag has no variant "purple": it has off, on (name one of them)",
      "7:29 should be binary, count, ratio, {type: revenue, cap: 500} or {type: quantile, q: 0.9} (choose one of them)",
      "8:39 should be one of "decision", "guardrail", "exploratory", got "guard" (choose one of them)",
      "9:5 "margin" is missing (add it)",
      "11:1 should ascend to 1 by at least a thousandth each (see the example in docs/experiments.md)",
    ]
  `)
})
