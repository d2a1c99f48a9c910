export { ExperimentPage } from './experiment/experiment-page.tsx'
export { ExperimentsPage } from './experiment/experiments-page.tsx'
