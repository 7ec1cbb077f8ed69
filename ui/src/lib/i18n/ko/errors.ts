import type { ErrorParams, Words } from '../errors';
import { both, path, say, told } from '../params';

const ROLES: Record<string, string> = { clinician: '임상의', reviewer: '검토자', administrator: '관리자' };

/** 보관함이 거절하는 까닭. 보관함의 말은 영어이며, 여기에 없는 것은 그대로 보인다. */
export const REFUSED: Record<string, string> = {
  'a case needs its case_id': '사례 번호가 비어 있습니다.',
  'a changed drug, and no other, has another in its place': '바꿀 약은 ‘변경’에만 적습니다.',
  'a newer version of Bogam made this vault; rescue it with the newer one':
    '더 새로운 보감이 만든 보관함입니다. 그 판의 보감에서 복구하십시오.',
  'a person has at least one role': '사용자에게는 역할이 하나 이상 있어야 합니다.',
  'every drug of the list is decided before it is signed': '목록의 모든 약을 결정한 뒤에 서명합니다.',
  'nothing was decided since it was signed': '서명한 뒤로 새로 결정한 것이 없습니다.',
  'one person at least stays administrator; make somebody else one first':
    '관리자가 한 사람은 있어야 합니다. 다른 사람을 먼저 관리자로 정하십시오.',
  'the name of a person has 1 to 100 characters, on one line': '이름은 한 줄에 1자에서 100자까지입니다.',
  'the log could not be folded into the database; close other programs and try again':
    '기록을 데이터베이스에 합치지 못했습니다. 다른 프로그램을 닫고 다시 시도하십시오.',
  'the suggestion names another case than it is to be saved with': '제안이 다른 사례의 것입니다.',
  'there is a person of that name already; choose another': '같은 이름의 사용자가 있습니다. 다른 이름을 쓰십시오.',
};

const SETTINGS: Record<string, string> = {
  max_tokens: '최대 토큰',
  temperature: '온도',
  top_k: '상위 k',
  repetition_penalty: '반복 억제',
};

/** 코드마다 무슨 일인지, 무엇을 하면 되는지. */
export const errors = {
  unknown: () => say('알 수 없는 문제가 생겼습니다.', '다시 시도하고, 계속되면 코드를 관리자에게 알리십시오.'),
  locked: () => say('잠겨 있습니다.', '암호를 입력하십시오.'),
  cancelled: () => say('중지했습니다. 이미 저장된 것은 그대로 있습니다.', '필요하면 다시 실행하십시오.'),
  stopped: () => say('중지했습니다. 파일을 쓰지 않았습니다.', '필요하면 다시 실행하십시오.'),
  not_permitted: (p: ErrorParams) => {
    const role = ROLES[told(p, 'role')] ?? told(p, 'role');
    return say(
      '권한이 없습니다.',
      role === '' ? '관리자에게 역할을 요청하십시오.' : `관리자에게 ${role} 역할을 요청하십시오.`,
    );
  },
  'case.invalid': (p: ErrorParams) =>
    say('고칠 항목이 있어 저장하지 않았습니다.', '사례 화면에서 표시된 항목을 고친 뒤 저장하십시오.', told(p, 'field')),
  'drug.unknown': (p: ErrorParams) =>
    say(
      `지식에 없는 약이라 확인할 수 없습니다: ${told(p, 'name')}`,
      '성분 이름으로 다시 찾고, 없으면 보감 밖에서 확인하십시오.',
    ),
  'drug.needs_override': (p: ErrorParams) =>
    say('위험 확인이 나온 약입니다.', '이유를 골라 적은 뒤 다시 저장하십시오.', both(p, 'ingredient', 'code')),
  'review.row': (p: ErrorParams) =>
    say('받아들일 수 없는 줄입니다.', '이 줄을 고쳐 다시 가져오십시오.', told(p, 'text')),
  'clinic.invalid': (p: ErrorParams) =>
    say(
      `${p['field'] === 'phone' ? '전화번호는' : '기관 이름은'} 한 줄로 ${told(p, 'most')}자까지 쓸 수 있습니다.`,
      '줄여서 다시 저장하십시오.',
    ),
  'leaflet.failed': (p: ErrorParams) =>
    say(
      '환자 안내문을 조판하지 못했습니다.',
      '안내문의 글을 확인하고 다시 시도하십시오. 계속되면 코드를 관리자에게 알리십시오.',
      told(p, 'text'),
    ),
  'printer.none': () => say('프린터가 없습니다.', '프린터를 연결하거나 PDF로 저장하십시오.'),
  'printer.failed': (p: ErrorParams) =>
    say('인쇄하지 못했습니다.', '프린터를 확인하거나 PDF로 저장하십시오.', told(p, 'why')),
  'input.failed': (p: ErrorParams) =>
    say(
      `파일을 끝까지 읽지 못했습니다${path(p)}.`,
      '드라이브가 연결되어 있는지 확인하고 다시 시도하십시오.',
      told(p, 'text'),
    ),
  'output.failed': (p: ErrorParams) =>
    say(
      `파일을 끝까지 쓰지 못했습니다${path(p)}.`,
      '공간과 쓰기 권한을 확인하고 다시 시도하십시오. 쓰다 만 파일이 있으면 지우십시오.',
      told(p, 'text'),
    ),
  'output.full': (p: ErrorParams) =>
    say(
      `디스크가 가득 차 파일을 끝까지 쓰지 못했습니다${path(p)}.`,
      '공간을 비우고 다시 시도하십시오. 쓰다 만 파일이 있으면 지우십시오.',
    ),
  'train.model': (p: ErrorParams) =>
    say('이 모델은 학습시킬 수 없습니다.', 'Llama 계열의 GGUF 파일을 고르십시오.', told(p, 'text')),
  'train.samples': (p: ErrorParams) =>
    say('학습할 표본이 없습니다.', '표본 파일과 제외 사유를 확인하십시오.', told(p, 'text')),
  'train.setting': (p: ErrorParams) => say('학습 설정이 맞지 않습니다.', '값을 고치십시오.', told(p, 'text')),
  'train.memory': (p: ErrorParams) =>
    say(
      '학습할 메모리가 모자랍니다.',
      '랭크를 낮추거나, 다른 프로그램을 닫거나, 더 작은 모델을 고르십시오.',
      told(p, 'text'),
    ),
  'train.diverged': (p: ErrorParams) =>
    say(
      '학습이 발산했습니다.',
      '다른 설정이나 다른 표본으로 새로 학습하십시오. 이어서 학습하면 같은 결과가 되풀이됩니다.',
      told(p, 'text'),
    ),
  'train.adapter': (p: ErrorParams) =>
    say('어댑터를 읽을 수 없습니다.', '이 모델로 학습한 어댑터를 고르십시오.', told(p, 'text')),
  'train.io': (p: ErrorParams) =>
    say('학습 파일을 읽거나 쓰지 못했습니다.', '저장 공간을 확인하고 이어서 학습하십시오.', told(p, 'text')),
  'train.tensor': (p: ErrorParams) =>
    say('학습 계산이 실패했습니다.', '메모리를 확인하고 이어서 학습하십시오.', told(p, 'text')),
  'train.cancelled': () => say('학습을 멈추었습니다. 마지막 저장 지점은 남아 있습니다.', '이어서 학습할 수 있습니다.'),
  'training.busy': () => say('다른 학습이 진행 중입니다.', '그 학습이 끝나거나 멈춘 뒤 다시 시도하십시오.'),
  'training.missing': () => say('찾는 학습 기록이 없습니다.', '목록을 새로 읽으십시오.'),
  'training.done': () => say('이미 끝난 학습이라 이어서 할 수 없습니다.', '새 학습을 시작하십시오.'),
  'training.not_done': () =>
    say('아직 끝나지 않은 학습이라 어댑터가 없습니다.', '이어서 학습해 마친 뒤 다시 시도하십시오.'),
  'training.no_samples': () => say('표본 파일을 고르지 않았습니다.', '표본 파일을 고른 뒤 다시 시도하십시오.'),
  'training.no_model': (p: ErrorParams) =>
    say('이 어댑터에 맞는 모델이 목록에 없습니다.', '학습에 쓴 모델을 추가한 뒤 다시 시도하십시오.', told(p, 'name')),
  'training.unreadable': (p: ErrorParams) =>
    say(
      `학습 기록으로 읽을 수 없는 파일이 있습니다${path(p)}.`,
      '그 학습 기록을 빼거나, 원래 파일을 되돌려 놓으십시오.',
      told(p, 'text'),
    ),
  'training.other_run': (p: ErrorParams) =>
    say(
      '표본이나 모델이 이 학습을 시작할 때와 다릅니다.',
      '‘학습 시작’으로 새로 학습하거나, 그때의 파일을 되돌려 놓으십시오.',
      told(p, 'text'),
    ),
  'adapter.not_one': (p: ErrorParams) =>
    say(`GGUF 어댑터 파일이 아닙니다${path(p)}.`, '학습에서 나온 adapter.gguf 파일을 고르십시오.'),
  'adapter.no_base': (p: ErrorParams) =>
    say(
      `어느 GGUF 모델로 학습한 어댑터인지 파일에 적혀 있지 않습니다${path(p)}.`,
      '그 모델의 GGUF 파일로 학습하거나, ‘bogam train merge’로 GGUF 파일에 합친 뒤 모델로 추가하십시오.',
    ),
  'adapter.name': (p: ErrorParams) =>
    say(
      `어댑터에 쓸 수 없는 이름입니다: ${told(p, 'name')}`,
      '파일의 이름을 마침표로 시작하지 않게 바꾸어 다시 추가하십시오.',
    ),
  'adapter.unusable': (p: ErrorParams) =>
    say(
      `이 모델에 적용한 어댑터가 없거나, 손상되었거나, 다른 모델의 것입니다: ${told(p, 'name')}`,
      '자료와 모델 화면에서 그 모델의 어댑터를 ‘쓰지 않음’으로 바꾸거나, 어댑터를 다시 추가하십시오.',
    ),
  'adapter.already_there': (p: ErrorParams) =>
    say(`같은 이름의 어댑터가 있습니다: ${told(p, 'name')}`, '그 어댑터를 빼거나 파일의 이름을 바꾸어 추가하십시오.'),
  'adapter.missing': (p: ErrorParams) =>
    say(`어댑터 파일이 없습니다: ${told(p, 'name')}`, '어댑터를 다시 추가하거나 다른 어댑터를 고르십시오.'),
  'adapter.other_model': (p: ErrorParams) =>
    say(
      '다른 모델로 학습한 어댑터라 이 모델에는 쓸 수 없습니다.',
      '이 모델의 어댑터를 고르십시오.',
      both(p, 'name', 'model'),
    ),
  'adapter.as_model': (p: ErrorParams) =>
    say(`모델이 아니라 어댑터 파일입니다${path(p)}.`, '모델 탭의 ‘어댑터 파일 추가’로 추가하십시오.'),
  'import.header': (p: ErrorParams) =>
    say('필요한 열이 없습니다.', '파일 첫 줄의 열 이름을 확인하십시오.', told(p, 'text')),
  'import.empty': () => say('파일이 비어 있습니다.', '첫 줄에 열 이름이 있는 파일을 고르십시오.'),
  'import.encoding': () => say('UTF-8 파일이 아닙니다.', 'CSV UTF-8로 저장해 다시 고르십시오.'),
  'import.settings': (p: ErrorParams) =>
    say('가져오기 설정 파일을 읽을 수 없습니다.', '파일의 형식을 확인하십시오.', told(p, 'text')),
  no_folder: () =>
    say('폴더가 아니거나 열 수 없습니다.', 'patients.csv나 patients.csv.gz가 든 hosp 폴더를 고르십시오.'),
  missing_table: (p: ErrorParams) =>
    say('필요한 표가 폴더에 없습니다.', '표를 폴더에 넣거나 MIMIC-IV의 hosp 폴더를 고르십시오.', told(p, 'text')),
  missing_column: (p: ErrorParams) =>
    say('표에 필요한 열이 없습니다.', '첫 줄에 열 이름이 있는, 배포된 그대로의 표를 쓰십시오.', told(p, 'text')),
  read_failed: (p: ErrorParams) =>
    say('표를 끝까지 읽지 못했습니다.', '드라이브가 연결되어 있는지 확인하고 다시 시도하십시오.', told(p, 'text')),
  write_failed: (p: ErrorParams) =>
    say('가져온 내용을 쓰지 못했습니다.', '공간을 확인하고 다시 시도하십시오.', told(p, 'text')),
  'case.changed_meanwhile': () =>
    say(
      '다른 곳에서 이 사례를 먼저 저장했습니다.',
      '새 판을 읽고 바꾼 내용을 다시 입력하십시오. 입력한 내용은 저장 전으로 보관되어 있습니다.',
    ),
  'input.unusable': (p: ErrorParams) => say('읽을 수 없는 파일입니다.', '파일 형식을 확인하십시오.', told(p, 'text')),
  'model.failed': () => say('모델이 작업 중에 멈췄습니다.', '다시 실행하거나 모델 없이 실행하십시오.'),
  'model.memory': (p: ErrorParams) =>
    say(`이 모델은 메모리에 들어가지 않습니다${path(p)}.`, '더 작은 모델을 쓰거나 문맥 길이를 줄이십시오.'),
  'model.file': (p: ErrorParams) => say(`GGUF 모델 파일이 아닙니다${path(p)}.`, '확장자가 gguf인 파일을 고르십시오.'),
  'model.worker': () =>
    say('모델 프로세스를 다시 시작할 수 없습니다.', '모델 없이 실행하거나 더 작은 모델을 고르십시오.'),
  'model.context': () => say('사례가 모델의 문맥 길이보다 깁니다.', '문맥 길이를 늘리거나 모델 없이 실행하십시오.'),
  'model.none': () => say('쓸 수 있는 모델이 없습니다.', '자료와 모델 화면에서 모델을 추가하십시오.'),
  'model.constraint': (p: ErrorParams) =>
    say(
      '모델에 줄 출력 형식을 만들 수 없습니다.',
      '모델 없이 실행하고, 코드를 관리자에게 알리십시오.',
      told(p, 'text'),
    ),
  'model.unsupported': (p: ErrorParams) =>
    say(
      '이 모델 서버는 필요한 기능을 제공하지 않습니다.',
      '다른 모델을 고르거나 모델 없이 실행하십시오.',
      told(p, 'text'),
    ),
  'model.remote': (p: ErrorParams) =>
    say('모델 서버가 응답하지 못했습니다.', '서버를 확인하고 다시 실행하거나 모델 없이 실행하십시오.', told(p, 'text')),
  'knowledge.faults': (p: ErrorParams) =>
    say('지식 파일에 오류가 있어 쓸 수 없습니다.', '적힌 파일과 줄을 고친 뒤 다시 시도하십시오.', told(p, 'text')),
  'pack.token': () =>
    say('쓰려는 지식이 마지막으로 연 것과 다릅니다.', '지식 폴더를 다시 열어 바뀌는 내용을 확인하십시오.'),
  'prior.not_learned': (p: ErrorParams) =>
    say(
      '지난 입원 통계를 만들지 못했습니다. 표의 처리 결과는 저장했습니다.',
      '입원이 더 많은 표를 가져오거나, 통계 없이 제안을 만드십시오.',
      told(p, 'text'),
    ),
  'prior.not_evaluated': (p: ErrorParams) =>
    say(
      '지난 입원 통계를 평가하지 못했습니다. 통계는 그대로 씁니다.',
      '평가를 보려면 환자가 더 많은 표를 가져오십시오.',
      told(p, 'text'),
    ),
  'evaluation.unreadable': (p: ErrorParams) =>
    say(
      `평가 보고서로 읽을 수 없는 파일이 있습니다${path(p)}.`,
      '그 파일을 evaluations 폴더에서 빼거나 보고서를 다시 만들어 넣으십시오.',
      told(p, 'text'),
    ),
  'case.unknown_field': (p: ErrorParams) =>
    say(
      `${told(p, 'line')}번째 줄의 ‘${told(p, 'field')}’ 항목은 보감이 모르는 항목이라 저장하지 않았습니다.`,
      '필요한 값이면 항목 이름을 고쳐 다시 가져오십시오.',
    ),
  json: () => say('JSON으로 읽을 수 없습니다.', '사례 하나를 한 줄의 JSON으로 적어 다시 가져오십시오.'),
  type: () => say('값의 종류가 맞지 않습니다.', '숫자, 글, 목록 가운데 이 항목이 받는 것으로 고치십시오.'),
  missing: () => say('필요한 값이 없습니다.', '값을 적어 다시 가져오십시오.'),
  range: () => say('값이 범위를 벗어났거나 다른 항목과 어긋납니다.', '값을 고치고, 모르는 값은 null로 적으십시오.'),
  format: () => say('날짜와 시각의 형식이 맞지 않습니다.', '2026-03-02T09:00:00처럼 시간대 없이 적으십시오.'),
  duplicate_case_id: () =>
    say('파일의 앞줄에 같은 사례 번호가 있습니다.', '사례마다 다른 case_id를 적어 다시 가져오십시오.'),
  utf8: () => say('UTF-8이 아닌 줄입니다.', '파일을 UTF-8로 저장해 다시 가져오십시오.'),
  too_long: () => say('64 MiB를 넘는 줄입니다.', '줄을 나누거나 메모를 줄여 다시 가져오십시오.'),
  'talk.empty': () => say('질문이 비어 있습니다.', '질문을 입력한 뒤 보내십시오.'),
  'talk.setting': (p: ErrorParams) =>
    say(
      `생성 설정의 ‘${SETTINGS[told(p, 'field')] ?? told(p, 'field')}’ 값이 범위를 벗어났습니다.`,
      `${told(p, 'least')}에서 ${told(p, 'most')} 사이의 값으로 고친 뒤 다시 보내십시오.`,
    ),
  'talk.other_case': () => say('이 대화는 다른 사례의 것입니다.', '‘새 상담’을 누른 뒤 다시 보내십시오.'),
  'talk.context': (p: ErrorParams) =>
    say(
      `대화가 모델의 문맥 길이를 ${told(p, 'over')}토큰 넘습니다(필요 ${told(p, 'needed')}, 최대 ${told(p, 'limit')}).`,
      '질문이나 최대 토큰을 줄이거나, 새 상담을 시작하거나, 문맥이 더 긴 모델을 고르십시오.',
    ),
  'talk.rewritten': () =>
    say(
      '답을 쓰는 동안 다른 곳에서 이 대화를 고쳤습니다. 이번 답은 저장하지 않았습니다.',
      '지금의 대화를 확인한 뒤 다시 물으십시오.',
    ),
  'verify.pages': (p: ErrorParams) =>
    say(`내용이 손상된 페이지가 ${told(p, 'count')}개 있습니다.`, '백업에서 복원하십시오.', told(p, 'text')),
  'verify.structure': (p: ErrorParams) =>
    say(`표와 색인이 서로 맞지 않는 곳이 ${told(p, 'count')}곳 있습니다.`, '백업에서 복원하십시오.', told(p, 'text')),
  'verify.references': (p: ErrorParams) =>
    say(`없는 행을 가리키는 행이 ${told(p, 'count')}개 있습니다.`, '백업에서 복원하십시오.', told(p, 'text')),
  'verify.header': (p: ErrorParams) =>
    say(`보관함의 머리 부분에 이상이 ${told(p, 'count')}건 있습니다.`, '백업을 만든 뒤 복원하십시오.', told(p, 'text')),
  'verify.audit': (p: ErrorParams) =>
    say(
      `감사 기록에 이상이 ${told(p, 'count')}건 있습니다.`,
      '백업과 비교하고, 보관함의 폴더에 누가 접근했는지 확인하십시오.',
      told(p, 'text'),
    ),
  'vault.missing': (p: ErrorParams) =>
    say(`보관함 파일이 없습니다${path(p)}.`, '경로를 확인하거나 백업에서 복원하십시오.'),
  'vault.already_there': (p: ErrorParams) =>
    say(`그 자리에 이미 파일이 있습니다${path(p)}.`, '다른 경로를 고르십시오.'),
  'vault.empty': (p: ErrorParams) => say(`보관함 파일이 비어 있습니다${path(p)}.`, '백업에서 복원하십시오.'),
  'vault.newer': (p: ErrorParams) => say(`더 새로운 판으로 만든 보관함입니다${path(p)}.`, '새 판의 보감을 쓰십시오.'),
  'vault.header_damaged': (p: ErrorParams) =>
    say(`보관함의 머리 부분이 손상되었습니다${path(p)}. 아무것도 바꾸지 않았습니다.`, '백업에서 복원하십시오.'),
  'vault.header_tampered': (p: ErrorParams) =>
    say(
      `보관함의 머리 부분이 열쇠 없이 바뀌었습니다${path(p)}.`,
      '백업에서 복원하고, 폴더에 누가 접근했는지 확인하십시오.',
    ),
  'vault.truncated': (p: ErrorParams) => say(`보관함 파일이 잘렸습니다${path(p)}.`, '백업에서 복원하십시오.'),
  'vault.damaged': (p: ErrorParams) =>
    say(`보관함의 일부가 손상되었습니다${path(p)}.`, '검사한 뒤 백업에서 복원하십시오.'),
  'vault.wrong_passphrase': (p: ErrorParams) =>
    say(
      `암호가 맞지 않습니다. 지금까지 ${p['failures'] ?? 1}번 틀렸습니다.`,
      Number(p['wait_s'] ?? 0) > 0
        ? `${p['wait_s']}초 뒤에 다시 시도할 수 있습니다.`
        : '한/영과 Caps Lock을 확인하십시오.',
    ),
  'vault.too_soon': (p: ErrorParams) =>
    say('여러 번 틀려 기다려야 합니다.', `${p['wait_s'] ?? ''}초 뒤에 다시 시도하십시오.`),
  'vault.short_passphrase': (p: ErrorParams) =>
    say(`암호는 ${p['least'] ?? 10}자 이상이어야 합니다.`, '네다섯 낱말로 된 문장이 좋습니다.'),
  'vault.recovery_key': () => say('복구 키가 맞지 않습니다.', '네 글자씩 14묶음을 빠짐없이 입력하십시오.'),
  'vault.in_use': (p: ErrorParams) =>
    say(`다른 프로그램이 보관함을 열고 있습니다: ${p['holder'] ?? ''}`, '그 프로그램에서 먼저 닫으십시오.'),
  'vault.read_only': () =>
    say('보관함이 읽기 전용으로 열려 있어 저장하지 못했습니다.', '위에 적힌 까닭을 없앤 뒤 보감을 다시 여십시오.'),
  'vault.not_found': (p: ErrorParams) =>
    p['what'] === 'question'
      ? say('고치려는 질문이 이 대화에 없습니다.', '지난 상담에서 대화를 다시 연 뒤 질문을 고르십시오.')
      : say('찾는 항목이 없습니다.', '목록을 새로 읽으십시오.'),
  'vault.refused': (p: ErrorParams) => {
    const why = told(p, 'why');
    const words = REFUSED[why];
    return say(
      '보관함의 규칙에 어긋나 저장하지 않았습니다.',
      words ?? '입력한 내용을 확인하십시오.',
      words === undefined ? why : '',
    );
  },
  'vault.locked': () => say('잠겨 있습니다.', '암호를 입력하십시오.'),
  'vault.forbidden': () => say('권한이 없습니다.', '관리자에게 역할을 요청하십시오.'),
  'vault.other_database': (p: ErrorParams) =>
    say(
      `다른 프로그램의 데이터베이스입니다${path(p)}. 아무것도 바꾸지 않았습니다.`,
      '보관함 파일의 경로를 확인하십시오.',
    ),
  'vault.not_ours': (p: ErrorParams) =>
    say(`보감의 파일이 아닙니다${path(p)}. 아무것도 바꾸지 않았습니다.`, '고른 파일을 확인하십시오.'),
  'vault.not_written': (p: ErrorParams) =>
    say(
      `디스크가 쓰기를 받아들이지 않았습니다${path(p)}. 이번 변경은 저장되지 않았습니다.`,
      '사용 한도나 디스크 고장을 확인하고 다시 시도하십시오.',
    ),
  'vault.stored': (p: ErrorParams) =>
    say('저장된 값을 읽을 수 없습니다.', '보관함을 검사한 뒤 백업에서 복원하십시오.', told(p, 'what')),
  'vault.database': (p: ErrorParams) =>
    say(`데이터베이스가 거절했습니다${path(p)}.`, '잠근 뒤 다시 열고 보관함을 검사하십시오.'),
  'vault.random': () =>
    say('시스템이 난수를 주지 않습니다.', '컴퓨터를 다시 시작하고, 계속되면 관리자에게 알리십시오.'),
  'vault.derivation': () =>
    say('암호로 열쇠를 만들지 못했습니다.', '다른 프로그램을 닫아 메모리를 비우고 다시 시도하십시오.'),
  'vault.full': (p: ErrorParams) =>
    say(`디스크가 가득 찼습니다${path(p)}. 이번 변경은 저장되지 않았습니다.`, '공간을 비우고 다시 시도하십시오.'),
  'vault.file': (p: ErrorParams) =>
    say(`파일을 읽거나 쓸 수 없습니다${path(p)}.`, 'USB나 네트워크 드라이브가 연결되어 있는지 확인하십시오.'),
} satisfies Record<string, (p: ErrorParams) => Words>;
