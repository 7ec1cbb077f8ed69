import type { Messages } from '../messages';
import { caseform } from './caseform';
import { clinical } from './clinical';
import { common } from './common';
import { data } from './data';
import { kinds } from './kinds';
import { review } from './review';
import { settings } from './settings';
import { start } from './start';
import { suggestion } from './suggestion';
import { talk } from './talk';
import { training } from './training';
import { worklist } from './worklist';

export const en: Messages = {
  ...common,
  ...clinical,
  ...start,
  ...worklist,
  ...caseform,
  ...suggestion,
  ...review,
  ...talk,
  ...data,
  ...training,
  ...kinds,
  ...settings,
};
