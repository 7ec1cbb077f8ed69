import type { Lang } from '../../bindings/clinical';
import type { Api } from '../api';
import { ApiError } from '../error';
import type * as S from '../session';
import type * as T from '../site';
import type * as K from '../talk';
import type * as R from '../training';
import * as site from './site';
import { PASSPHRASE } from './start';
import { Suggestions } from './suggestions';
import { answer, flagsOf } from './talk';
import { lossesOf, plan, PRESETS, SAMPLES } from './training';

/** The program in memory: every call of the window, for tests and for work on the page alone. */
export class Fake extends Suggestions implements Api {
  // --- Consultation ---

  async conversations(a: { key: number | null }): Promise<{ id: number; at: string; first: string }[]> {
    this.me();
    return [...this.talks.values()]
      .filter((c) => c.key === a.key)
      .map((c) => ({ id: c.id, at: c.at, first: c.messages[0]?.content ?? '' }))
      .reverse();
  }
  async read_conversation(a: { id: number }): Promise<K.Conversation> {
    const found = this.talks.get(a.id);
    if (found === undefined) throw new ApiError('vault.not_found');
    return structuredClone(found);
  }
  async consult(a: {
    id: number | null;
    key: number | null;
    text: string;
    replace: number | null;
    settings: K.GenerationSettings;
    on: (event: K.TalkEvent) => void;
  }): Promise<K.Conversation> {
    this.me();
    const id = a.id ?? this.next++;
    const talk = this.talks.get(id) ?? {
      id,
      key: a.key,
      at: this.now(),
      messages: [],
      context: { used: 0, of: 0 },
    };
    if (a.replace !== null) talk.messages = talk.messages.filter((m) => m.position < (a.replace ?? 0));
    const job = this.next++;
    a.on({ kind: 'job', job });
    const lang: Lang = /[가-힣]/.test(a.text) ? 'ko' : 'en';
    const red_flags = flagsOf(a.text);
    if (red_flags.length > 0) a.on({ kind: 'red_flags', flags: red_flags, lang });
    const base = { at: this.now(), lang, mentions: [], unchecked: [], sources: [], stopped: false };
    const last = talk.messages.at(-1);
    // One that stands unanswered is not saved twice.
    if (last?.speaker !== 'person' || last.content !== a.text)
      talk.messages.push({
        ...base,
        position: talk.messages.length + 1,
        speaker: 'person',
        content: a.text,
        red_flags,
      });
    this.talks.set(id, talk);
    if (this.known.length === 0) throw new ApiError('model.none', { conversation: id });
    const reply = answer(lang);
    let text = '';
    for (const word of reply.content.split(/(?<= )/)) {
      await this.wait(this.delay > 0 ? 40 : 0);
      if (this.stopped.has(job)) break;
      text += word;
      a.on({ kind: 'text', text: word });
    }
    talk.messages.push({
      ...base,
      ...reply,
      content: text,
      position: talk.messages.length + 1,
      speaker: 'model',
      red_flags: [],
      stopped: this.stopped.has(job),
    });
    talk.context = { used: (talk.context.used || 512) + 180, of: 4096 };
    return structuredClone(talk);
  }

  // --- Data, models, site ---

  async models(): Promise<S.ModelView[]> {
    await this.wait();
    return structuredClone(this.known);
  }
  async add_model(a: { path: string | null; on: (progress: S.Progress) => void }): Promise<S.ModelView | null> {
    a.on({ kind: 'stage', stage: 'copying', done: 1, total: 2 });
    const added = structuredClone(site.MODELS[0]) as S.ModelView;
    added.name = a.path?.split('/').at(-1)?.replace('.gguf', '') ?? 'added-model';
    added.shipped = false;
    added.default = this.known.length === 0;
    this.known.push(added);
    return added;
  }
  async verify_model(a: { name: string }): Promise<S.ModelView> {
    const model = this.known.find((m) => m.name === a.name);
    if (model === undefined) throw new ApiError('vault.not_found');
    model.intact = true;
    return structuredClone(model);
  }
  async remove_model(a: { name: string }): Promise<void> {
    this.known = this.known.filter((m) => m.name !== a.name);
  }
  async set_model(a: { name: string; default: boolean; settings: S.ModelSettings }): Promise<S.ModelView> {
    const model = this.known.find((m) => m.name === a.name);
    if (model === undefined) throw new ApiError('vault.not_found');
    if (a.default) for (const m of this.known) m.default = false;
    model.default = a.default;
    model.settings = a.settings;
    return structuredClone(model);
  }
  async adapters(): Promise<R.AdapterView[]> {
    this.me();
    return structuredClone(this.adapted);
  }
  async add_adapter(): Promise<R.AdapterView | null> {
    this.needs('administrator');
    const added = { ...(structuredClone(this.adapted[0]) as R.AdapterView), name: 'ward-adapter', at: this.now() };
    this.adapted.unshift(added);
    return added;
  }
  async remove_adapter(a: { name: string }): Promise<void> {
    this.needs('administrator');
    this.adapted = this.adapted.filter((one) => one.name !== a.name);
    for (const m of this.known) if (m.settings.adapter === a.name) m.settings.adapter = null;
  }

  // --- Training ---

  async training(): Promise<R.Training> {
    this.me();
    return structuredClone({
      presets: PRESETS,
      samples: this.samples,
      runs: this.trained.map(this.seen),
      unreadable: [],
    });
  }
  async choose_samples(): Promise<R.SamplesFile | null> {
    this.needs('administrator');
    this.samples = SAMPLES;
    return SAMPLES;
  }
  async plan_training(a: { choice: R.TrainingChoice; on: (p: S.Progress) => void }): Promise<R.TrainingPlan> {
    this.needs('administrator');
    const job = this.next++;
    a.on({ kind: 'job', job });
    a.on({ kind: 'stage', stage: 'samples', done: 0, total: null });
    await this.wait();
    if (this.stopped.has(job)) throw new ApiError('cancelled');
    return plan(this.settingsOf(a.choice));
  }
  async train(a: { choice: R.TrainingChoice; on: (p: S.Progress) => void }): Promise<R.TrainingRun> {
    this.needs('administrator');
    const { choice } = a;
    const settings = this.settingsOf(choice);
    const run: R.TrainingRun = {
      ...(structuredClone(this.trained.at(-1)) as R.TrainingRun),
      ...{ id: `run-${this.next++}`, at: this.now(), model: choice.model, settings, steps: 57 * settings.epochs },
      ...{ step: 0, ended: 'running', kept_step: null, adapter: null },
    };
    this.trained.unshift(run);
    return this.steps(run, a.on);
  }
  async resume_training(a: { id: string; on: (p: S.Progress) => void }): Promise<R.TrainingRun> {
    this.needs('administrator');
    return this.steps(this.run(a.id), a.on);
  }
  async training_losses(a: { id: string }): Promise<R.Loss[]> {
    const run = this.run(a.id);
    return lossesOf(run.step, 1.6 + run.settings.rank / 40);
  }
  async use_training(a: { id: string }): Promise<R.AdapterInUse> {
    this.needs('administrator');
    const run = this.run(a.id);
    const model = this.known.find((m) => m.name === run.model);
    if (model === undefined) throw new ApiError('training.no_model');
    const name = `${model.name}-${run.id}`;
    run.adapter = name;
    model.settings.adapter = name;
    const adapter = { ...(structuredClone(this.adapted[0]) as R.AdapterView), name, at: this.now() };
    this.adapted.unshift(adapter);
    return { adapter, model: model.name, default: model.default };
  }
  async remove_training(a: { id: string }): Promise<void> {
    this.needs('administrator');
    this.trained = this.trained.filter((run) => run.id !== a.id);
  }
  private settingsOf(choice: R.TrainingChoice): R.TrainingSettings {
    const of = PRESETS.find((p) => p.id === choice.preset) ?? PRESETS[0];
    if (of === undefined) throw new ApiError('unknown');
    return { ...of.settings, rank: choice.rank ?? of.settings.rank, epochs: choice.epochs ?? of.settings.epochs };
  }
  /** A run with the models that have its adapter now. */
  private seen = (run: R.TrainingRun): R.TrainingRun => {
    const having = this.known.filter((m) => run.adapter !== null && m.settings.adapter === run.adapter);
    return { ...run, used_by: having.map((m) => m.name) };
  };
  private run(id: string): R.TrainingRun {
    const found = this.trained.find((run) => run.id === id);
    if (found === undefined) throw new ApiError('training.missing', { id });
    return found;
  }
  /** Goes through the steps of a run, until it is done or stopped. */
  private async steps(run: R.TrainingRun, on: (p: S.Progress) => void): Promise<R.TrainingRun> {
    const job = this.next++;
    on({ kind: 'job', job });
    Object.assign(run, { ended: 'running', job, resumable: false });
    const losses = lossesOf(run.steps, 1.6 + run.settings.rank / 40);
    let validation_loss = losses.findLast((l) => l.step <= run.step && l.validation !== null)?.validation ?? null;
    for (const { step, train, validation } of losses.slice(run.step + 1)) {
      await this.wait(this.delay > 0 ? 20 : 0);
      if (this.stopped.has(job)) {
        Object.assign(run, { ended: 'stopped', job: null, resumable: true });
        throw new ApiError('cancelled');
      }
      run.step = step;
      on({
        ...{ kind: 'step', step, steps: run.steps, loss: train ?? 0, validation_loss },
        ...{ tokens_per_second: 234, seconds_left: (run.steps - step) * 26 },
      });
      validation_loss = validation ?? validation_loss;
    }
    Object.assign(run, { ended: 'done', job: null, resumable: false, kept_step: run.steps, validation_loss });
    return structuredClone(run);
  }

  // --- Knowledge, tables, evaluations ---

  async packs(): Promise<T.PackView[]> {
    return structuredClone(site.PACKS);
  }
  async open_pack(): Promise<T.PackDifference | null> {
    return {
      token: 't',
      id: 'site-formulary',
      version: '2026.3',
      added: 42,
      removed: 3,
      changed: [{ what: 'metformin · renal', before: 'eGFR < 30', after: 'eGFR < 45' }],
      faults: [],
    };
  }
  async import_pack(): Promise<T.PackView[]> {
    return structuredClone(site.PACKS);
  }
  async import_tables(a: { on: (progress: S.Progress) => void }): Promise<T.ImportReport | null> {
    this.needs('administrator');
    a.on({ kind: 'job', job: this.next++ });
    a.on({ kind: 'stage', stage: 'tables', done: 3, total: 9 });
    await this.wait();
    return structuredClone(site.IMPORTS[0]) ?? null;
  }
  async imports(): Promise<T.ImportReport[]> {
    return structuredClone(site.IMPORTS);
  }
  async evaluations(): Promise<T.EvaluationView[]> {
    return structuredClone(site.EVALUATIONS);
  }
  async people(): Promise<T.PersonView[]> {
    this.needs('administrator');
    return structuredClone(this.staff);
  }
  async add_person(a: { name: string; passphrase: string; roles: S.Role[] }): Promise<T.PersonView[]> {
    this.needs('administrator');
    if ([...a.passphrase].length < 10) throw new ApiError('vault.short_passphrase', { least: 10 });
    this.staff.push({ id: this.next++, name: a.name, roles: a.roles, added: this.now(), removed: null });
    return this.people();
  }
  async set_roles(a: { id: number; roles: S.Role[] }): Promise<T.PersonView[]> {
    this.needs('administrator');
    const person = this.staff.find((p) => p.id === a.id);
    const left = this.staff.some((p) => p.id !== a.id && p.removed === null && p.roles.includes('administrator'));
    if (a.roles.length === 0 || (!a.roles.includes('administrator') && !left)) throw new ApiError('vault.refused');
    if (person !== undefined) person.roles = a.roles;
    return this.people();
  }
  async remove_person(a: { id: number }): Promise<T.PersonView[]> {
    const person = this.staff.find((p) => p.id === a.id);
    if (person !== undefined) person.removed = this.now();
    return this.people();
  }
  async reset_passphrase(): Promise<void> {
    this.needs('administrator');
  }
  async change_passphrase(a: { present: string; passphrase: string }): Promise<void> {
    if (a.present !== PASSPHRASE && a.present !== 'demo')
      throw new ApiError('vault.wrong_passphrase', { failures: 1, wait_s: 0 });
    if ([...a.passphrase].length < 10) throw new ApiError('vault.short_passphrase', { least: 10 });
  }
  async audit(a: { before: number | null; limit: number }): Promise<{ lines: T.AuditLine[]; total: number }> {
    this.needs('administrator');
    return site.auditLines(a.before, a.limit, Date.now());
  }
  async verify_vault(a: { on: (progress: S.Progress) => void }): Promise<T.VerifyReport> {
    a.on({ kind: 'stage', stage: 'verifying', done: 512, total: 2048 });
    await this.wait();
    return { ok: true, pages: 2048, audit_lines: 48_213, faults: [] };
  }
  async backup_state(): Promise<T.BackupView> {
    return {
      last: { path: '/media/usb/bogam-2026-02-27.backup', at: this.now(-4000) },
      vault: '/home/ward/.local/share/bogam/vault.db',
      bytes: 84_000_000,
    };
  }
  async backup(): Promise<T.BackupView | null> {
    return {
      last: { path: '/media/usb/bogam-2026-03-02.backup', at: this.now() },
      vault: '/home/ward/.local/share/bogam/vault.db',
      bytes: 84_000_000,
    };
  }
  async clinic(): Promise<T.Clinic> {
    this.me();
    return { ...this.leaflet };
  }
  async set_clinic(a: T.Clinic): Promise<void> {
    this.needs('administrator');
    this.leaflet = { name: a.name, phone: a.phone };
  }
  async about(): Promise<T.About> {
    return site.ABOUT;
  }
}
