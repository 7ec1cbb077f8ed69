import type { Role } from '../api';

/** Tabs of the settings. */
export type SettingsTab = 'window' | 'people' | 'site' | 'audit' | 'backup' | 'about';

/** A place of the window. */
export type Route =
  | { screen: 'worklist' }
  /** `draft`: of a case that was never saved. `base`: an earlier version whose content the form begins with. */
  | { screen: 'case'; key: number | null; draft?: string; base?: number }
  | { screen: 'version'; key: number; version: number }
  | { screen: 'suggestion'; key: number; id: number | null; run?: boolean }
  | { screen: 'compare'; key: number; a: number; b: number }
  | { screen: 'review' }
  | { screen: 'talk'; key: number | null }
  | { screen: 'data' }
  | { screen: 'settings'; tab?: SettingsTab };

export type Screen = Route['screen'];

/** Where somebody with these roles begins. Only clinicians and reviewers read cases. */
export function homeOf(roles: readonly Role[]): Route {
  if (roles.includes('clinician')) return { screen: 'worklist' };
  if (roles.includes('reviewer')) return { screen: 'review' };
  return { screen: 'settings', tab: 'people' };
}

/** Whether a screen has anything for somebody with these roles. `crates/app/src/vault/roles.rs` decides; this follows it. */
export function isFor(screen: Screen, roles: readonly Role[]): boolean {
  if (screen === 'data' || screen === 'settings') return true;
  if (screen === 'review') return roles.includes('reviewer');
  if (screen === 'talk') return roles.includes('clinician');
  return roles.includes('clinician') || roles.includes('reviewer');
}

/** Where the window is, and where it was. Nothing of it is kept when it closes. */
export class Router {
  route = $state.raw<Route>({ screen: 'worklist' });
  /** Where whoever is signed in begins. */
  home: Route = { screen: 'worklist' };
  private behind: Route[] = [];

  go(route: Route): void {
    this.behind.push(this.route);
    this.route = route;
  }

  /** Takes the place of where the window is: a new case that has got its number. */
  replace(route: Route): void {
    this.route = route;
  }

  back(): void {
    const last = this.behind.pop();
    this.route = last ?? this.home;
  }

  reset(): void {
    this.behind = [];
    this.route = this.home;
  }
}

export const router = new Router();

/** The case that a place is about. */
export function caseOf(route: Route): number | null {
  return 'key' in route ? route.key : null;
}

/** Whether the window is at least so many letters wide: with larger text it is narrower, as the layouts see it. */
export function isWide(rem: number): boolean {
  const letter = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
  return window.innerWidth >= rem * letter;
}
