import type { ResultView } from '../api/types.ts'
import { effectWords, toneOf } from './words.ts'

const width = 300
const height = 26

type Props = { readonly result: ResultView; readonly reach: number }

/** An effect with its limits: the thin ones hold at every moment, the thick ones at this look. Zero is the line. */
export function Forest({ result, reach }: Props) {
  const { effect, always, atLook } = result
  if (effect === undefined) return null
  const at = (value: number) => ((Math.max(-reach, Math.min(reach, value)) + reach) / (2 * reach)) * width
  const told = [
    `effect ${effectWords(effect)}`,
    ...(always === undefined ? [] : [`at any moment ${effectWords(always.low)} to ${effectWords(always.high)}`]),
    ...(atLook === undefined ? [] : [`at the last look ${effectWords(atLook.low)} to ${effectWords(atLook.high)}`]),
  ].join(', ')
  return (
    <svg
      className={`forest forest-${toneOf(result)}`}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={told}
      preserveAspectRatio="none"
    >
      <title>{told}</title>
      <line className="forest-zero" x1={at(0)} x2={at(0)} y1={0} y2={height} />
      {always !== undefined && <line className="forest-always" x1={at(always.low)} x2={at(always.high)} y1={height / 2} y2={height / 2} />}
      {atLook !== undefined && <line className="forest-look" x1={at(atLook.low)} x2={at(atLook.high)} y1={height / 2} y2={height / 2} />}
      <line className="forest-effect" x1={at(effect)} x2={at(effect)} y1={height / 2 - 7} y2={height / 2 + 7} />
    </svg>
  )
}
