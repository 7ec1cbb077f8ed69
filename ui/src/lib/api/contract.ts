/**
 * Holds what is written by hand here against what the program's types say (`bindings/window.ts`, generated and compared by a
 * Rust test): each pair is the same type, or `npm run check` fails. Nothing of it runs.
 */
import type * as Program from '../bindings/window';
import type * as C from './cases';
import type * as S from './session';
import type * as T from './site';
import type * as K from './talk';
import type * as R from './training';

type Same<A, B> = [A] extends [B]
  ? [B] extends [A]
    ? true
    : { lacks: 'the program has less' }
  : { lacks: 'the page has less' };
type Held<T extends true> = T;

export type Contract = [
  Held<Same<C.CaseStatus, Program.CaseStatus>>,
  Held<Same<C.JobState, Program.JobState>>,
  Held<Same<C.CaseRow, Program.CaseRow>>,
  Held<Same<C.CaseQuery, Program.CaseQuery>>,
  Held<Same<C.CasePage, Program.CasePage>>,
  Held<Same<C.CaseVersion, Program.CaseVersion>>,
  Held<Same<C.SuggestionHead, Program.SuggestionHead>>,
  Held<Same<C.Derived, Program.Derived>>,
  Held<Same<C.NewDraft, Program.NewDraft>>,
  Held<Same<C.CaseView, Program.CaseView>>,
  Held<Same<C.CaseCheck, Program.CaseCheck>>,
  Held<Same<C.DiagnosisHit, Program.DiagnosisHit>>,
  Held<Same<C.DrugHit, Program.DrugHit>>,
  Held<Same<C.AllergenHit, Program.AllergenHit>>,
  Held<Same<C.LabHit, Program.LabHit>>,
  Held<Same<C.ImportedCases, Program.ImportedCases>>,
  Held<Same<T.PackView, Program.PackView>>,
  Held<Same<T.PackDifference, Program.PackDifference>>,
  Held<Same<T.ImportReport, Program.ImportReport>>,
  Held<Same<T.PriorView, Program.PriorView>>,
  Held<Same<T.Interval, Program.Interval>>,
  Held<Same<T.Metric, Program.Metric>>,
  Held<Same<T.EvaluationView, Program.EvaluationView>>,
  Held<Same<T.VerifyReport, Program.VerifyReport>>,
  Held<Same<T.BackupView, Program.BackupView>>,
  Held<Same<T.About, Program.About>>,
  Held<Same<T.Clinic, Program.Clinic>>,
  Held<Same<C.ReviewItem, Program.ReviewItem>>,
  Held<Same<C.Agreement, Program.Agreement>>,
  Held<Same<T.PersonView, Program.PersonView>>,
  Held<Same<T.AuditLine, Program.AuditLineView>>,
  Held<Same<C.ImportedReviews, Program.ImportedReviews>>,
  Held<Same<S.ModelSettings, Program.ModelSettings>>,
  Held<Same<S.ModelView, Program.ModelView>>,
  Held<Same<R.AdapterView, Program.AdapterView>>,
  Held<Same<R.AdapterInUse, Program.AdapterInUse>>,
  Held<Same<R.TrainingChoice, Program.TrainingChoice>>,
  Held<Same<R.SamplesFile, Program.SamplesFile>>,
  Held<Same<R.TrainingPlan, Program.TrainingPlan>>,
  Held<Same<R.TrainingRun, Program.TrainingRun>>,
  Held<Same<R.Training, Program.Training>>,
  Held<Same<R.Loss, Program.Loss>>,
  Held<Same<S.Role, Program.Role>>,
  Held<Same<S.ApiErrorData, Program.ApiErrorData>>,
  Held<Same<S.Preferences, Program.Preferences>>,
  Held<Same<S.Session, Program.SessionView>>,
  Held<Same<S.Start, Program.Start>>,
  Held<Same<S.Progress, Program.Progress>>,
  Held<Same<S.Stage, Program.Stage>>,
  Held<Same<S.AppEvent, Program.AppEvent>>,
  Held<Same<C.SuggestOptions, Program.SuggestOptions>>,
  Held<Same<C.DecisionKind, Program.DecisionKind>>,
  Held<Same<C.Decision, Program.Decision>>,
  Held<Same<C.Decided, Program.Decided>>,
  Held<Same<C.AddedDrug, Program.AddedDrug>>,
  Held<Same<C.Review, Program.Review>>,
  Held<Same<C.Reviewed, Program.Reviewed>>,
  Held<Same<C.FindingOverride, Program.FindingOverride>>,
  Held<Same<C.AdviceView, Program.AdviceView>>,
  Held<Same<C.SuggestionView, Program.SuggestionView>>,
  Held<Same<K.GenerationSettings, Program.GenerationSettings>>,
  Held<Same<K.Mention, Program.Mention>>,
  Held<Same<K.TalkMessage, Program.TalkMessage>>,
  Held<Same<K.Conversation, Program.Conversation>>,
  Held<Same<K.TalkEvent, Program.TalkEvent>>,
];
