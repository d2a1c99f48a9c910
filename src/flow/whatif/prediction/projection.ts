import { first, projection, type Row } from '../../../ledger/projection.ts'
import { predictionMade, predictionScored } from './events.ts'

/** Every prediction that somebody keeps, and its score. */
export const predictionHistory = projection({
  table: 'prediction_history',
  key: ['prediction'],
  columns: { stream: first.text, made: first.text, told: first.json, scored: first.text, score: first.json },
})
  .on(predictionMade, ({ time, content }) => [{ prediction: content.prediction, stream: content.stream, made: time, told: content }])
  .on(predictionScored, ({ time, content }) => [{ prediction: content.prediction, scored: time, score: content }])

export type KeptPrediction = Row<typeof predictionHistory>
