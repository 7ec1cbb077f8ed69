import type { CaseInput } from '../../bindings/clinical';
import type * as C from '../cases';
import { ApiError } from '../error';
import type * as S from '../session';
import type * as T from '../site';
import type * as K from '../talk';
import type * as R from '../training';
import { CASES } from './patients';
import * as site from './site';
import * as training from './training';

const KEY = 'K7QD-M2XA-9RTV-C4HN-W8PZ-E3LB-Y6GS-5FJK-T1VC-N8RD-X4MQ-H7WA-P2ZE-B9LG'.split('-');
export const PASSPHRASE = 'blue river quiet lamp';

/** How the fake begins: `?start=first_run|locked|open|broken&lang=ko|en&theme=…&role=…&cases=N&drugs=N&model=none&delay=ms`. */
export class Start {
  protected listen: (event: S.AppEvent) => void = () => undefined;
  protected preferences: S.Preferences;
  protected staff = structuredClone(site.PEOPLE);
  protected known = structuredClone(site.MODELS);
  protected adapted = structuredClone(training.ADAPTERS);
  protected trained = structuredClone(training.RUNS);
  protected samples: R.SamplesFile | null = null;
  protected signed: S.Session | null = null;
  protected state: S.Start['vault'];
  protected failures = 0;
  protected cases = CASES.map((c, i) => ({
    key: i + 1,
    version: 1 + c.before.length,
    at: this.now(-(i + 1) * 7),
    ...structuredClone(c),
  }));
  protected suggestions = new Map<number, C.SuggestionView>();
  protected making = new Map<number, Promise<C.SuggestionView>>();
  protected kept = new Map<string, { at: string; content: CaseInput }>();
  protected texts = new Map<string, string>();
  protected recovery = { key: KEY, confirmed: true };
  protected leaflet: T.Clinic = { name: '한빛의원', phone: '02-000-0000' };
  protected stopped = new Set<number>();
  protected talks = new Map<number, K.Conversation>();
  protected next = 100;
  protected readonly rows: number;
  protected readonly listed: number;
  protected readonly delay: number;
  protected readonly roles: S.Role[];

  constructor(params = new URLSearchParams('start=open')) {
    this.preferences = {
      lang: params.get('lang') === 'en' ? 'en' : 'ko',
      theme: (params.get('theme') as S.Preferences['theme'] | null) ?? 'light',
      text_percent: Number(params.get('text') ?? 100),
      reduce_motion: 'system',
      single_keys: true,
      keys: {},
      idle_minutes: 5,
    };
    this.rows = Number(params.get('cases') ?? 100_000);
    this.listed = Number(params.get('drugs') ?? 0);
    this.delay = Number(params.get('delay') ?? 0);
    const role = params.get('role');
    this.roles = role === null ? ['clinician', 'reviewer', 'administrator'] : (role.split(',') as S.Role[]);
    const start = params.get('start') ?? 'locked';
    this.state = start === 'first_run' ? 'none' : start === 'open' ? 'open' : start === 'broken' ? 'broken' : 'locked';
    if (params.get('model') === 'none') this.known = [];
    this.recovery.confirmed = params.get('recovery') !== 'unconfirmed';
    if (this.state === 'open') this.signIn('한지우');
  }

  protected now(minutes = 0): string {
    return new Date(Date.now() + minutes * 60_000).toISOString();
  }

  protected async wait(ms = 0): Promise<void> {
    if (ms + this.delay > 0) await new Promise((done) => setTimeout(done, ms + this.delay));
  }

  protected signIn(name: string): S.Session {
    this.state = 'open';
    const person = this.staff.find((p) => p.name === name)?.id ?? 1;
    this.signed = {
      person,
      name,
      roles: this.roles,
      preferences: this.preferences,
      recovery_confirmed: this.recovery.confirmed,
      read_only: null,
    };
    return this.signed;
  }

  protected me(): S.Session {
    if (this.signed === null) throw new ApiError('locked');
    return this.signed;
  }

  protected needs(role: S.Role): void {
    if (!this.me().roles.includes(role)) throw new ApiError('not_permitted', { role });
  }

  async start(): Promise<S.Start> {
    return {
      bogam: '0.1.0',
      vault: this.state,
      people: this.state === 'none' ? [] : this.staff.map((p) => p.name),
      session: this.signed,
      preferences: this.preferences,
      error: this.state === 'broken' ? { code: 'vault.in_use', params: { holder: 'bogam (4711)' } } : null,
    };
  }
  async subscribe(on: (event: S.AppEvent) => void): Promise<void> {
    this.listen = on;
  }
  /** For tests: something that happens without being asked for. */
  happen(event: S.AppEvent): void {
    if (event.kind === 'locked') this.signed = null;
    this.listen(event);
  }
  async create_vault(a: {
    person: string;
    passphrase: string;
    preferences: S.Preferences;
  }): Promise<{ recovery_key: string }> {
    await this.wait();
    if ([...a.passphrase].length < 10) throw new ApiError('vault.short_passphrase', { least: 10 });
    this.staff = [{ id: 1, name: a.person, roles: [...this.roles], added: this.now(), removed: null }];
    this.recovery = { key: KEY, confirmed: false };
    return { recovery_key: KEY.join('-') };
  }
  async renew_recovery_key(): Promise<{ recovery_key: string }> {
    this.needs('administrator');
    this.recovery = { key: [...KEY].reverse(), confirmed: false };
    return { recovery_key: this.recovery.key.join('-') };
  }
  async confirm_recovery_key(a: { positions: number[]; groups: string[] }): Promise<boolean> {
    const right = a.positions.every((p, i) => this.recovery.key[p - 1] === a.groups[i]?.trim().toUpperCase());
    if (right) this.recovery.confirmed = true;
    return right;
  }
  async finish_first_run(): Promise<S.Session> {
    return this.signIn(this.staff[0]?.name ?? '');
  }
  async unlock(a: { person: string; passphrase: string }): Promise<S.Session> {
    await this.wait();
    if (a.passphrase !== PASSPHRASE && a.passphrase !== 'demo') {
      this.failures += 1;
      throw new ApiError('vault.wrong_passphrase', {
        failures: this.failures,
        wait_s: this.failures > 3 ? 2 ** (this.failures - 3) : 0,
      });
    }
    this.failures = 0;
    return this.signIn(a.person);
  }
  async unlock_with_recovery_key(a: { recovery_key: string; person: string; passphrase: string }): Promise<S.Session> {
    if (a.recovery_key.replace(/[^0-9A-Za-z]/g, '').toUpperCase() !== this.recovery.key.join(''))
      throw new ApiError('vault.recovery_key');
    return this.signIn(a.person);
  }
  async lock(): Promise<void> {
    this.signed = null;
    this.state = 'locked';
  }
  async activity(): Promise<void> {
    this.me();
  }
  async save_preferences(a: { preferences: S.Preferences }): Promise<void> {
    this.preferences = a.preferences;
  }
  async close_window(): Promise<void> {
    return;
  }
  async stop_job(a: { job: number }): Promise<void> {
    this.stopped.add(a.job);
  }
}
