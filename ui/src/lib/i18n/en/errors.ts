import type { ErrorParams, Words } from '../errors';
import type { errors as ko } from '../ko/errors';
import { both, path, say, told } from '../params';

const ROLES: Record<string, string> = {
  clinician: 'clinician',
  reviewer: 'reviewer',
  administrator: 'administrator',
};

const SETTINGS: Record<string, string> = {
  max_tokens: 'Tokens at most',
  temperature: 'Temperature',
  top_k: 'Top k',
  repetition_penalty: 'Repetition penalty',
};

/** What the vault says as a sentence. */
const sentence = (why: string) => (why === '' ? '' : `${why.charAt(0).toUpperCase()}${why.slice(1)}.`);

/** For each code what happened, and what to do. */
export const errors: Record<keyof typeof ko, (p: ErrorParams) => Words> = {
  unknown: () => say('Something unexpected went wrong.', 'Try again; if it goes on, tell an administrator the code.'),
  locked: () => say('Locked.', 'Enter your passphrase.'),
  cancelled: () => say('Stopped. What was saved before stays.', 'Run it again if you need to.'),
  stopped: () => say('Stopped. No file was written.', 'Run it again if you need to.'),
  not_permitted: (p) => {
    const role = ROLES[told(p, 'role')] ?? told(p, 'role');
    return say(
      'You are not permitted to do this.',
      `Ask an administrator for the role${role === '' ? '' : ` ${role}`}.`,
    );
  },
  'case.invalid': (p) =>
    say('Not saved: something has to be mended.', 'Mend the marked fields of the case, then save.', told(p, 'field')),
  'drug.unknown': (p) =>
    say(
      `The knowledge does not have this drug, so it cannot be checked: ${told(p, 'name')}`,
      'Search for its ingredient; if that is not there, check it outside Bogam.',
    ),
  'drug.needs_override': (p) =>
    say('There is a critical finding on this drug.', 'Choose a reason and save again.', both(p, 'ingredient', 'code')),
  'review.row': (p) => say('This row cannot be taken.', 'Mend it and import the file again.', told(p, 'text')),
  'clinic.invalid': (p) =>
    say(
      `The ${p['field'] === 'phone' ? 'phone' : 'name of the clinic'} is one line of at most ${told(p, 'most')} characters.`,
      'Shorten it and save again.',
    ),
  'leaflet.failed': (p) =>
    say(
      'The leaflet could not be typeset.',
      'Check its text and try again; if it goes on, tell an administrator the code.',
      told(p, 'text'),
    ),
  'printer.none': () => say('There is no printer.', 'Connect one, or save a PDF.'),
  'printer.failed': (p) => say('It was not printed.', 'Check the printer, or save a PDF.', told(p, 'why')),
  'input.failed': (p) =>
    say(
      `A file could not be read to its end${path(p)}.`,
      'Check that its drive is connected, and try again.',
      told(p, 'text'),
    ),
  'output.failed': (p) =>
    say(
      `A file could not be written to its end${path(p)}.`,
      'Check space and permissions and try again. If an unfinished file is left, remove it.',
      told(p, 'text'),
    ),
  'output.full': (p) =>
    say(
      `The disk is full: a file could not be written to its end${path(p)}.`,
      'Free some space and try again. If an unfinished file is left, remove it.',
    ),
  'train.model': (p) =>
    say('This model cannot be trained.', 'Choose a GGUF file of the Llama family.', told(p, 'text')),
  'train.samples': (p) =>
    say('There are no samples to train on.', 'Check the file and why samples were left out.', told(p, 'text')),
  'train.setting': (p) => say('A setting of the training does not fit.', 'Mend the value.', told(p, 'text')),
  'train.memory': (p) =>
    say(
      'There is too little memory to train.',
      'Lower the rank, close other programs, or choose a smaller model.',
      told(p, 'text'),
    ),
  'train.diverged': (p) =>
    say(
      'The training diverged.',
      'Begin a new one with the other settings or with other samples; going on would repeat it.',
      told(p, 'text'),
    ),
  'train.adapter': (p) =>
    say('The adapter cannot be read.', 'Choose one that was made for this model.', told(p, 'text')),
  'train.io': (p) =>
    say(
      'A file of the training could not be read or written.',
      'Check the space and go on with the run.',
      told(p, 'text'),
    ),
  'train.tensor': (p) =>
    say('Arithmetic of the training failed.', 'Check the memory and go on with the run.', told(p, 'text')),
  'train.cancelled': () => say('The training was stopped. Its last checkpoint stays.', 'You can go on with it.'),
  'training.busy': () => say('Another training is running.', 'Try again when it is done or stopped.'),
  'training.missing': () => say('This run is not there.', 'Read the list again.'),
  'training.done': () => say('This run is done: there is nothing to go on with.', 'Begin a new one.'),
  'training.not_done': () =>
    say('This run is not done, and has no adapter yet.', 'Go on with it to its end, then use it.'),
  'training.no_samples': () => say('No samples are chosen.', 'Choose a file of samples, then try again.'),
  'training.no_model': (p) =>
    say(
      'The model of this adapter is not in the list.',
      'Add the model that it was trained on, then try again.',
      told(p, 'name'),
    ),
  'training.unreadable': (p) =>
    say(
      `A file cannot be read as one of a training run${path(p)}.`,
      'Remove the run, or bring its files back.',
      told(p, 'text'),
    ),
  'training.other_run': (p) =>
    say(
      'The samples or the model are not what they were when this run began.',
      'Choose “Begin training” for a new run, or bring the files back.',
      told(p, 'text'),
    ),
  'adapter.not_one': (p) => say(`Not a GGUF adapter${path(p)}.`, 'Choose the adapter.gguf of a training run.'),
  'adapter.no_base': (p) =>
    say(
      `The file does not say which GGUF model it was trained on${path(p)}.`,
      'Train it on the GGUF file of the model, or work it into that file with “bogam train merge” and add what comes of it as a model.',
    ),
  'adapter.name': (p) =>
    say(
      `An adapter cannot have this name: ${told(p, 'name')}`,
      'Give the file another name, one that does not begin with a dot, and add it again.',
    ),
  'adapter.unusable': (p) =>
    say(
      `The adapter of this model is missing, damaged or of another model: ${told(p, 'name')}`,
      'Under Data and models, take it off the model, or add it again.',
    ),
  'adapter.already_there': (p) =>
    say(
      `There is an adapter of this name: ${told(p, 'name')}`,
      'Remove that one, or give the file another name and add it again.',
    ),
  'adapter.missing': (p) =>
    say(`The file of the adapter is missing: ${told(p, 'name')}`, 'Add it again, or choose another one.'),
  'adapter.other_model': (p) =>
    say(
      'The adapter was trained on another model, and cannot be used with this one.',
      'Choose an adapter of this model.',
      both(p, 'name', 'model'),
    ),
  'adapter.as_model': (p) =>
    say(`This is an adapter and not a model${path(p)}.`, 'Add it under Models with “Add an adapter file”.'),
  'import.header': (p) =>
    say('A column is missing.', 'Check the names in the first line of the file.', told(p, 'text')),
  'import.empty': () => say('The file is empty.', 'Choose a file with the names of its columns in the first line.'),
  'import.encoding': () => say('The file is not UTF-8.', 'Save it as CSV in UTF-8 and choose it again.'),
  'import.settings': (p) => say('The settings of the import cannot be read.', 'Check their form.', told(p, 'text')),
  no_folder: () =>
    say(
      'This is no folder, or it cannot be opened.',
      'Choose the folder “hosp” that holds patients.csv or patients.csv.gz.',
    ),
  missing_table: (p) =>
    say(
      'A table is missing from the folder.',
      'Put it there, or choose the folder “hosp” of MIMIC-IV.',
      told(p, 'text'),
    ),
  missing_column: (p) =>
    say('A table lacks a column.', 'Take the table as published, with its header line.', told(p, 'text')),
  read_failed: (p) =>
    say('A table could not be read to its end.', 'Check that its drive is connected, and try again.', told(p, 'text')),
  write_failed: (p) =>
    say('What was imported could not be written.', 'Check the space and try again.', told(p, 'text')),
  'case.changed_meanwhile': () =>
    say(
      'This case was saved elsewhere in the meantime.',
      'Read the new version and enter your changes again. What you typed is kept.',
    ),
  'input.unusable': (p) => say('The file cannot be read.', 'Check its format.', told(p, 'text')),
  'model.failed': () => say('The model stopped while working.', 'Run again, or run without a model.'),
  'model.memory': (p) =>
    say(`The model does not fit into memory${path(p)}.`, 'Use a smaller model, or a shorter context.'),
  'model.file': (p) => say(`Not a GGUF model${path(p)}.`, 'Choose a file that ends in gguf.'),
  'model.worker': () =>
    say('The model process cannot be started again.', 'Run without a model, or choose a smaller one.'),
  'model.context': () =>
    say('The case is longer than the context of the model.', 'Raise the context, or run without a model.'),
  'model.none': () => say('There is no model to use.', 'Add one under Data and models.'),
  'model.constraint': (p) =>
    say(
      'The form of the answer cannot be given to the model.',
      'Run without a model, and tell an administrator the code.',
      told(p, 'text'),
    ),
  'model.unsupported': (p) =>
    say(
      'The model server does not offer what is needed.',
      'Choose another model, or run without one.',
      told(p, 'text'),
    ),
  'model.remote': (p) =>
    say('The model server failed.', 'Check the server and run again, or run without a model.', told(p, 'text')),
  'knowledge.faults': (p) =>
    say(
      'The knowledge files have faults and cannot be used.',
      'Mend the files and lines that are named, then try again.',
      told(p, 'text'),
    ),
  'pack.token': () =>
    say('This knowledge is not what was opened last.', 'Open the knowledge folder again and see what changes.'),
  'prior.not_learned': (p) =>
    say(
      'Nothing could be learned from past admissions. The accounting of the tables was kept.',
      'Import tables with more admissions, or make suggestions without.',
      told(p, 'text'),
    ),
  'prior.not_evaluated': (p) =>
    say(
      'The learned prior could not be evaluated. It is in use all the same.',
      'To see an evaluation, import tables with more patients.',
      told(p, 'text'),
    ),
  'evaluation.unreadable': (p) =>
    say(
      `A file cannot be read as a report of an evaluation${path(p)}.`,
      'Take it out of the folder “evaluations”, or make the report again.',
      told(p, 'text'),
    ),
  'case.unknown_field': (p) =>
    say(
      `Line ${told(p, 'line')}: Bogam does not know the field “${told(p, 'field')}”, and did not save it.`,
      'If it matters, correct its name and import the line again.',
    ),
  json: () => say('Not readable as JSON.', 'Write one case a line as JSON, and import it again.'),
  type: () => say('The value is of the wrong kind.', 'Write what this field takes: a number, a text or a list.'),
  missing: () => say('A value is missing.', 'Fill it in and import the line again.'),
  range: () =>
    say('The value is out of range, or contradicts another field.', 'Correct it; write null for what is unknown.'),
  format: () => say('This is no date and time.', 'Write it as 2026-03-02T09:00:00, without a zone.'),
  duplicate_case_id: () =>
    say('An earlier line has the same case number.', 'Give each case a case_id of its own, and import it again.'),
  utf8: () => say('The line is not UTF-8.', 'Save the file as UTF-8 and import it again.'),
  too_long: () => say('The line is over 64 MiB.', 'Split it or shorten its notes, and import it again.'),
  'talk.empty': () => say('The question is empty.', 'Type one, then send it.'),
  'talk.setting': (p) =>
    say(
      `“${SETTINGS[told(p, 'field')] ?? told(p, 'field')}” is out of range.`,
      `Set it to ${told(p, 'least')} to ${told(p, 'most')} under Generation, then send again.`,
    ),
  'talk.other_case': () =>
    say('This conversation is about another case.', 'Press “New consultation”, then send again.'),
  'talk.context': (p) =>
    say(
      `The conversation is ${told(p, 'over')} tokens too long for the model (needs ${told(p, 'needed')} of ${told(p, 'limit')}).`,
      'Shorten the question, lower the tokens at most, begin a new consultation, or choose a model with a longer context.',
    ),
  'talk.rewritten': () =>
    say(
      'This conversation was changed elsewhere while the answer was written. The answer was not saved.',
      'Look at the conversation as it is now, then ask again.',
    ),
  'verify.pages': (p) => say(`Damaged pages: ${told(p, 'count')}.`, 'Restore from a backup.', told(p, 'text')),
  'verify.structure': (p) =>
    say(
      `Places where tables and indexes do not fit together: ${told(p, 'count')}.`,
      'Restore from a backup.',
      told(p, 'text'),
    ),
  'verify.references': (p) =>
    say(`Rows that refer to rows that are not there: ${told(p, 'count')}.`, 'Restore from a backup.', told(p, 'text')),
  'verify.header': (p) =>
    say(`Faults of the header of the vault: ${told(p, 'count')}.`, 'Make a backup, then restore it.', told(p, 'text')),
  'verify.audit': (p) =>
    say(
      `Faults of the audit: ${told(p, 'count')}.`,
      'Compare it with a backup, and ask who had access to the folder.',
      told(p, 'text'),
    ),
  'vault.missing': (p) => say(`The vault is missing${path(p)}.`, 'Check the path, or restore it from a backup.'),
  'vault.already_there': (p) => say(`There is a file in that place already${path(p)}.`, 'Choose another path.'),
  'vault.empty': (p) => say(`The vault file is empty${path(p)}.`, 'Restore it from a backup.'),
  'vault.newer': (p) => say(`The vault was made by a newer version${path(p)}.`, 'Use the newer Bogam.'),
  'vault.header_damaged': (p) =>
    say(`The header of the vault is damaged${path(p)}. Nothing was changed.`, 'Restore it from a backup.'),
  'vault.header_tampered': (p) =>
    say(
      `The header of the vault was changed without its key${path(p)}.`,
      'Restore it from a backup, and ask who had access to the folder.',
    ),
  'vault.truncated': (p) => say(`The vault file was cut${path(p)}.`, 'Restore it from a backup.'),
  'vault.damaged': (p) => say(`A part of the vault is damaged${path(p)}.`, 'Verify it, then restore it from a backup.'),
  'vault.wrong_passphrase': (p) =>
    say(
      `The passphrase is wrong (${p['failures'] ?? 1} wrong so far).`,
      Number(p['wait_s'] ?? 0) > 0
        ? `You can try again in ${p['wait_s']} s.`
        : 'Check Caps Lock and the keyboard layout.',
    ),
  'vault.too_soon': (p) => say('There were too many wrong attempts.', `Try again in ${p['wait_s'] ?? ''} s.`),
  'vault.short_passphrase': (p) =>
    say(`The passphrase needs at least ${p['least'] ?? 10} characters.`, 'A sentence of four or five words is good.'),
  'vault.recovery_key': () => say('This is not the recovery key.', 'Enter all 14 groups of four characters.'),
  'vault.in_use': (p) => say(`Another program has the vault open: ${p['holder'] ?? ''}`, 'Close it there first.'),
  'vault.read_only': () =>
    say(
      'The vault is open for reading only: nothing was saved.',
      'Mend the cause that stands on top, then open Bogam again.',
    ),
  'vault.not_found': (p) =>
    p['what'] === 'question'
      ? say('The question to be edited is not in this conversation.', 'Open the conversation again and choose one.')
      : say('What you look for is not there.', 'Read the list again.'),
  'vault.refused': (p) =>
    say('Not saved: it would break a rule of the vault.', sentence(told(p, 'why')) || 'Check what you entered.'),
  'vault.locked': () => say('Locked.', 'Enter your passphrase.'),
  'vault.forbidden': () => say('You are not permitted to do this.', 'Ask an administrator for the role.'),
  'vault.other_database': (p) =>
    say(`This is a database of another program${path(p)}. Nothing was changed.`, 'Check the path of the vault.'),
  'vault.not_ours': (p) =>
    say(`This is not a file of Bogam${path(p)}. Nothing was changed.`, 'Check which file you chose.'),
  'vault.not_written': (p) =>
    say(
      `The disk did not take what was written${path(p)}. This change was not saved.`,
      'Look for a quota or a failing disk, and try again.',
    ),
  'vault.stored': (p) =>
    say('A stored value cannot be read.', 'Verify the vault, then restore it from a backup.', told(p, 'what')),
  'vault.database': (p) => say(`The database refused${path(p)}.`, 'Lock the vault, open it again, and verify it.'),
  'vault.random': () =>
    say('The system gives no random numbers.', 'Restart the computer; if it goes on, tell an administrator.'),
  'vault.derivation': () =>
    say('The key could not be derived from the passphrase.', 'Close other programs to free memory, and try again.'),
  'vault.full': (p) => say(`The disk is full${path(p)}. This change was not saved.`, 'Free some space and try again.'),
  'vault.file': (p) =>
    say(`A file cannot be read or written${path(p)}.`, 'Check that the USB stick or network drive is there.'),
};
