/** The file of a plan to begin with. */
export const newPlanText = `experiment: one-page
hypothesis: One page instead of three brings more orders
owner: my-team
flag: new-flag  # has to have these variants
arms: [off, on]  # what is compared with comes first
metrics:
  - {metric: ordered, kind: binary, role: decision, effect: 0.05}  # worth seeing: 5 %
units: 40000  # all arms together
looks: [0.5, 1]  # shares of them at which it may be decided
`
