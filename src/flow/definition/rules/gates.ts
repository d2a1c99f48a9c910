import type { Rule } from './rule.ts'

/** Only what was verified before can soak. */
export const soaks: Rule = ({ stages }, report) => {
  for (const [index, { written, value }] of stages.entries()) {
    if (value?.gate?.soak === undefined || written['after'] !== undefined) continue
    report.key(['x-threeways', 'pipeline', 'stages', index, 'gate', 'soak'], {
      message: '"soak" counts from the stages before, and nothing comes before this one',
      help: 'name them with after:, or remove soak:',
    })
  }
}
