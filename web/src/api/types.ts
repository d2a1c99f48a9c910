export type {
  ApprovalView,
  CandidateCard,
  CandidateStory,
  MachineView,
  RunState,
  RunSummary,
  RunView,
  StageCandidate,
  StageView,
  StepState,
  StepView,
  StopView,
  StoryEvent,
  StreamView,
  Waiting,
} from '../../../src/flow/pipeline/schemas.ts'
export type { CodeDifference, Difference, FileLine, PackageChange, Patch, ValueChange } from '../../../src/flow/difference/schemas.ts'
export type { Attestations } from '../../../src/flow/provenance/schemas.ts'
export type { EnvironmentView, ParityView } from '../../../src/flow/environment/schemas.ts'
export type { Estate, EstateRow, EstateStage, EstateSummary, EstateWait } from '../../../src/flow/estate/schemas.ts'
export type {
  BoardRow as FlowRow,
  ChangesView,
  StreamFlowDetail,
  StreamFlowPicture,
  StreamFlowView,
} from '../../../src/flow/measures/schemas.ts'
export type { OwnersView } from '../../../src/flow/team/schemas.ts'
export type { ConstraintBoard, ConstraintView } from '../../../src/flow/constraint/schemas.ts'
export type { BatchesView } from '../../../src/flow/measures/batch/schemas.ts'
export type { PredictionBoard, PredictionRow } from '../../../src/flow/whatif/prediction/schemas.ts'
export type { WhatIfSweep, WhatIfView } from '../../../src/flow/whatif/schemas.ts'
export type { CouplingView, PairWorks } from '../../../src/flow/measures/coupling/schemas.ts'
export type { KeysBoard, KeysView as DeliveryKeys, StreamKeysDetail } from '../../../src/flow/measures/keys/schemas.ts'
export type { BuildsView } from '../../../src/flow/builds/schemas.ts'
export type { RecoveryBoard, RecoveryView } from '../../../src/flow/measures/recovery/schemas.ts'
export type { Board, StopOnBoard } from '../../../src/feedback/line/schemas.ts'
export type { Asker } from '../../../src/server/schemas.ts'
export type { Found } from '../../../src/flow/search/schemas.ts'
export type {
  FlagBeside,
  FlagDay,
  FlagDetail,
  FlagView,
  Previewed as FlagPreview,
  Readiness,
  RevisionView,
  SettingView,
  StaleFlag,
  Why,
} from '../../../src/flow/flags/schemas.ts'
export type { ProposalView as FlagProposal } from '../../../src/flow/flags/proposals/schemas.ts'
export type { ShadowView } from '../../../src/flow/dark/shadow/schemas.ts'
export type {
  ExperimentOverlaps,
  ExperimentRow,
  ExperimentStatus,
  OverlapView,
  ResultView,
} from '../../../src/learning/experiment/schemas.ts'
