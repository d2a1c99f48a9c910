export { CouplingPage } from './flow/coupling/coupling-page.tsx'
export { FlowPage } from './flow/flow-page.tsx'
export { RecoveryPage } from './flow/recovery/recovery-page.tsx'
export { StreamFlowPage } from './flow/stream/stream-flow-page.tsx'
