export { workerCandidate } from './worker.ts'
