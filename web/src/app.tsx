import { useEffect } from 'react'
import { Route, Switch, Link } from 'wouter'
import { EstatePage } from './estate/estate-page.tsx'
import { LinePage } from './line/line-page.tsx'
import { late } from './piece/late.tsx'
import { useFavicon, useTitle } from './shell/document-state.ts'
import { Announcer } from './shell/announcer.tsx'
import { ConnectionBar } from './shell/connection-bar.tsx'
import { ErrorBoundary } from './shell/error-boundary.tsx'
import { Header } from './shell/header.tsx'
import { Notice } from './shell/notice.tsx'

/** What is not needed for the first look comes after it. */
const rest = () => import('./rest.ts')
const CandidatePage = late(async () => (await rest()).CandidatePage)
const EnvironmentPage = late(async () => (await rest()).EnvironmentPage)
const EnvironmentsPage = late(async () => (await rest()).EnvironmentsPage)
const InboxPage = late(async () => (await rest()).InboxPage)
const RunPage = late(async () => (await rest()).RunPage)
const StopsPage = late(async () => (await rest()).StopsPage)

/** With its pictures, for who wants to know how changes flow. */
const flow = () => import('./flow.ts')
const FlowPage = late(async () => (await flow()).FlowPage)
const CouplingPage = late(async () => (await flow()).CouplingPage)
const RecoveryPage = late(async () => (await flow()).RecoveryPage)
const StreamFlowPage = late(async () => (await flow()).StreamFlowPage)

const release = () => import('./release.ts')
const EditFlagPage = late(async () => (await release()).EditFlagPage)
const NewFlagPage = late(async () => (await release()).NewFlagPage)
const FlagPage = late(async () => (await release()).FlagPage)
const ReleasePage = late(async () => (await release()).ReleasePage)

const experiment = () => import('./experiment.ts')
const ExperimentPage = late(async () => (await experiment()).ExperimentPage)
const ExperimentsPage = late(async () => (await experiment()).ExperimentsPage)

/** All of the page is here before anybody needs it: also when the server is away then. */
const restAfterMs = 1500
function useTheRest(): void {
  useEffect(() => {
    const timer = setTimeout(() => void Promise.all([rest(), flow(), release(), experiment()]).catch(() => undefined), restAfterMs)
    return () => clearTimeout(timer)
  }, [])
}

export function App() {
  useFavicon()
  useTheRest()
  return (
    <ErrorBoundary>
      <a className="skip" href="#main">
        To the content
      </a>
      <ConnectionBar />
      <Header />
      <main id="main" tabIndex={-1}>
        <Switch>
          <Route path="/" component={EstatePage} />
          <Route path="/lines/:stream" component={LinePage} />
          <Route path="/approvals" component={InboxPage} />
          <Route path="/stops" component={StopsPage} />
          <Route path="/environments" component={EnvironmentsPage} />
          <Route path="/environments/:stream/:name" component={EnvironmentPage} />
          <Route path="/coupling" component={CouplingPage} />
          <Route path="/recovery" component={RecoveryPage} />
          <Route path="/flow" component={FlowPage} />
          <Route path="/flow/:stream/:view?" component={StreamFlowPage} />
          <Route path="/release" component={ReleasePage} />
          <Route path="/release/:flag" component={FlagPage} />
          <Route path="/release/:flag/edit" component={EditFlagPage} />
          <Route path="/new-flag" component={NewFlagPage} />
          <Route path="/experiments" component={ExperimentsPage} />
          <Route path="/experiments/:experiment" component={ExperimentPage} />
          <Route path="/runs/:id" component={RunPage} />
          <Route path="/candidates/:digest" component={CandidatePage} />
          <Route component={Unknown} />
        </Switch>
      </main>
      <Announcer />
    </ErrorBoundary>
  )
}

function Unknown() {
  useTitle('No such page')
  return (
    <Notice title="The line does not stop here">
      <p>
        There is no page at <code>{location.pathname}</code>.
      </p>
      <Link className="button strong" href="/">
        To the services
      </Link>
    </Notice>
  )
}
