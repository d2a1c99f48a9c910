import { integer, list, object, text } from '../../kernel/json-schema.ts'

const counts = (description: string) =>
  object({ compared: integer('that could be compared'), different: integer('that differed'), failed: integer('that failed') }, description)

/** How many values fell into which bucket. */
export const sketch = (description: string) =>
  list(list(integer('bucket, then count'), 'one bucket, which ends at 0.001 * 1.04^bucket (of durations: ms), and how often'), description)

/** What rehearsals came to, as events have it: of a flag in applications, and of a candidate that gets copies of requests. */
export const told = {
  candidate: counts('the candidate against control'),
  noise: counts('control against itself'),
  timeouts: integer('candidates that did not answer in time'),
  differences: list(
    object({
      difference: text('in what', { maxLength: 300 }),
      candidate: integer('of candidates'),
      noise: integer('of control against itself'),
    }),
    'the commonest',
  ),
  latency: object({ control: sketch('of control'), candidate: sketch('of candidates') }, 'how long they took'),
}
