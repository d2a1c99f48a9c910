import { parentPort, workerData } from 'node:worker_threads'
import { calibrate, type Strength } from './calibration.ts'
import { work, type Estate } from './estate.ts'

export type Task =
  | { readonly what: 'calibrate'; readonly kind: number; readonly runs: number; readonly seed: number; readonly strength: Strength }
  | { readonly what: 'work'; readonly experiment: number }

/** One task after the other, as they come. */
parentPort!.on('message', (task: Task) => {
  parentPort!.postMessage(
    task.what === 'calibrate' ? calibrate(task.kind, task.runs, task.seed, task.strength) : work(workerData as Estate, task.experiment),
    [],
  )
})
