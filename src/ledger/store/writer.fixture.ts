/** Appends without end and prints each id once it is acknowledged. Argument: the database's URL. */
import { makeCatalogue } from '../catalogue.ts'
import { cake, kitchen, meal } from './kitchen.fixture.ts'
import { openLedger } from './open.ts'

const ledger = await openLedger({
  database: { url: process.argv[2]! },
  projections: kitchen.projections,
  catalogue: makeCatalogue(kitchen.ownTypes),
})
let n = 0
await Promise.all(
  Array.from({ length: 8 }, async (_, worker) => {
    for (;;) {
      const id = `killed-${++n}`
      const events = [cake({ id, grams: n }), meal({ id: `${id}-eaten`, by: `eater ${worker}` })]
      if (worker % 2) await ledger.append(events)
      else await ledger.transaction((tx) => tx.append(events))
      process.stdout.write(`${id}\n`)
    }
  }),
)
