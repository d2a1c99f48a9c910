export { EditFlagPage, NewFlagPage } from './release/edit-page.tsx'
export { FlagPage } from './release/flag-page.tsx'
export { ReleasePage } from './release/release-page.tsx'
