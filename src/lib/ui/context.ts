import { createContext } from 'svelte';
import type { AppState } from '../state/app-state.svelte';
import type { CaseSession } from '../state/case-session.svelte';
import type { FindingsPart } from '../state/findings-turns.svelte';
import type { Shell } from './shell.svelte';

/** The tab, the open case and the page's own state, for the components below. */
export const [useApp, provideApp] = createContext<AppState>();
export const [useSession, provideSession] = createContext<CaseSession>();
export const [useShell, provideShell] = createContext<Shell>();
/** The findings in the notebook's own parts, which take turns; elsewhere the session's are used. */
export const [useFindings, provideFindings] = createContext<FindingsPart>();
