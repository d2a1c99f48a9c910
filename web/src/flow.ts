export { CouplingPage } from './flow/coupling-page.tsx'
export { FlowPage } from './flow/flow-page.tsx'
export { StreamFlowPage } from './flow/stream-flow-page.tsx'
