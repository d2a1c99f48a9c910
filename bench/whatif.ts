/**
 * Does the simulator say what happens? Lead times of quarters that it has not seen, and gates that were switched for good.
 *
 *     node bench/whatif.ts ../shared/data/govuk-deployments.csv.gz [--replications 200] [--rows]
 */
import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { readGovuk } from './whatif/govuk.ts'
import { experiments } from './whatif/experiments.ts'
import { quarters } from './whatif/quarters.ts'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { replications: { type: 'string', default: '200' }, rows: { type: 'boolean', default: false } },
})
const [file = '../shared/data/govuk-deployments.csv.gz'] = positionals
if (!existsSync(file)) throw new Error(`${file} is not there: name a table like docs/maps/govuk-deployments.yaml describes it`)
const streams = await readGovuk(file)
const settings = { replications: Number(values.replications), rows: values.rows }
quarters(streams, settings)
experiments(streams, settings)
