export { fileStore } from './file-store.ts'
export { workerCandidate } from './worker.ts'
