export { CouplingPage } from './flow/coupling-page.tsx'
export { FlowPage } from './flow/flow-page.tsx'
export { RecoveryPage } from './flow/recovery-page.tsx'
export { StreamFlowPage } from './flow/stream-flow-page.tsx'
