//! Examinations: questions of a file, letters out of answers, estimators against values worked out by hand, reports.

use bogam_clinical::text::Lang;
use bogam_evaluate::exam::{
    Asked, ExamPrompts, ExamReport, ExamSettings, Fault, FileOf, Outcome, Question, Questions, Run, guess_at_k,
    pass_at_k, read_letter, read_questions, report, wilson,
};
use serde_json::{Value, json};

fn read(lines: &[Value]) -> Result<Questions, Vec<Fault>> {
    let parsed = lines.iter().map(|line| serde_json::from_value(line.clone()).map_err(|e| e.to_string()));
    read_questions((1..).zip(parsed))
}

fn near(value: f64, expected: f64) {
    assert!((value - expected).abs() < 1e-9, "{value} is not {expected}");
}

#[test]
fn letters_are_read_out_of_answers_by_the_rules() {
    let cases = [
        // Stated after a cue.
        ("The answer is (B)", Some('B')),
        ("The correct answer is B.", Some('B')),
        ("Answer: **C**", Some('C')),
        ("**Answer:** (D) because", Some('D')),
        ("The best answer to this question is option E", Some('E')),
        ("I choose B", Some('B')),
        ("\\boxed{C}", Some('C')),
        ("answer: b", Some('b')),
        ("Answer:\n\nB) Aspirin", Some('B')),
        ("A is tempting, but the answer is D.", Some('D')),
        ("Answer: Ａ", Some('A')),
        ("정답은 C", Some('C')),
        ("정답은 C입니다.", Some('C')),
        ("정답: (D)", Some('D')),
        ("답: 3번", Some('C')),
        ("정답은 5번입니다", Some('E')),
        ("답은 ②", Some('B')),
        ("정답은 보기 B이다", Some('B')),
        ("올바른 답은 A. 아스피린", Some('A')),
        // Marked.
        ("B", Some('B')),
        ("b", Some('b')),
        ("B.", Some('B')),
        ("(C) Warfarin", Some('C')),
        ("D: it lowers the pressure", Some('D')),
        ("B Nitrofurantoin", Some('B')),
        ("C입니다", Some('C')),
        ("4번", Some('D')),
        ("I would go with option B", Some('B')),
        ("Here B is the correct one", Some('B')),
        ("따라서 C가 정답이다", Some('C')),
        ("It is aspirin (B).", Some('B')),
        // None.
        ("", None),
        ("Aspirin", None),
        ("A 45-year-old man should rest", None),
        ("The answer is a stroke", None),
        ("The answer is A 45-year-old", None),
        ("Answer: hepatitis B", None),
        ("The answer is A or B", None),
        ("The answer is A. No, the answer is C.", None),
        ("The answer is not B", None),
        ("The wrong answer is B", None),
        ("B is not correct", None),
        ("정답은 C가 아니다", None),
        ("오답은 B", None),
        ("A. one\nB. two\nC. three", None),
        ("Answer: A) one\nB) two", None),
        ("(A) one (B) two", None),
        ("B-cell lymphoma", None),
        ("A/G ratio", None),
        ("carriage (group B)", None),
        ("3", None),
        ("정답은 3", None),
        ("답은 2시간", None),
        ("9번", None),
        ("F", None),
        ("The answer is F", None),
        ("Because of vitamin B deficiency", None),
    ];
    for (answer, letter) in cases {
        let expected = letter.map(|l| usize::from(l.to_ascii_uppercase() as u8 - b'A'));
        assert_eq!(read_letter(answer, 5), expected, "{answer:?}");
    }
    // The letters are those of the question.
    assert_eq!(read_letter("The answer is E", 4), None);
}

#[test]
fn questions_are_read_in_the_shapes_of_published_sets() {
    let read = read(&[
        json!({"realidx": 7, "question": "Which?", "answer": "Two", "answer_idx": "B", "meta_info": "step1",
            "options": {"A": "One", "B": "Two", "C": "Three", "D": "Four"}}),
        json!({"id": "d_1", "question": "옳은 것은?", "gold": "E", "options": ["가", "나", "다", "라", "마"]}),
        json!({"question": "Which?", "answer": "c", "options": {"1": "x", "2": "y", "3": "z"}}),
    ]);
    let questions = read.unwrap();
    let told: Vec<_> = questions.all.iter().map(|q| (q.id.as_str(), q.options.len(), q.gold, q.language)).collect();
    assert_eq!(told, [("7", 4, 1, Lang::En), ("d_1", 5, 4, Lang::Ko), ("line 3", 3, 2, Lang::En)]);
    assert_eq!(questions.answers_from, None);
}

#[test]
fn indices_count_from_what_the_whole_file_shows() {
    let line = |index: i64| json!({"question": format!("{index}?"), "options": ["w", "x", "y", "z"], "answer": index});
    let gold =
        |lines: &[Value]| read(lines).map(|q| (q.answers_from, q.all.iter().map(|q| q.gold).collect::<Vec<_>>()));
    assert_eq!(gold(&[line(0), line(2)]).unwrap(), (Some(0), vec![0, 2]));
    assert_eq!(gold(&[line(4), line(2)]).unwrap(), (Some(1), vec![3, 1]));
    let unknown = gold(&[line(1), line(2)]).unwrap_err();
    assert!(unknown[0].problem.contains("from 0 or from 1"), "{unknown:?}");
    let both = gold(&[line(0), line(1), line(4)]).unwrap_err();
    assert_eq!(both[0].line, 3);
    assert!(gold(&[line(0), line(-1)]).unwrap_err()[0].problem.contains("no index"));
    // Texts of numbers are texts beside a letter, and doubtful alone.
    let digits = |answer: Value| json!({"question": "How many?", "options": ["2", "1"], "answer": answer});
    assert!(read(&[digits(json!("2"))]).unwrap_err()[0].problem.contains("may be"));
    let mut beside = digits(json!("2"));
    beside["answer_idx"] = json!("A");
    assert_eq!(read(&[beside]).unwrap().all[0].gold, 0);
}

#[test]
fn every_bad_line_is_told_by_its_number() {
    let good = json!({"id": "a", "question": "Q?", "options": ["x", "y"], "gold": "A"});
    let with = |field: &str, value: Value| {
        let mut line = good.clone();
        line["id"] = json!(format!("{field} {value}"));
        line[field] = value;
        line
    };
    let bad = [
        (json!({"question": "Q?", "options": ["x", "y"]}), "missing"),
        (json!({"options": ["x", "y"], "gold": "A"}), "missing field `question`"),
        (with("question", json!(" ")), "empty"),
        (with("options", json!(["x"])), "1 options"),
        (with("options", json!(["x", ""])), "option B is empty"),
        (with("options", json!("x")), "as a list of texts"),
        (with("options", json!({"A": "x", "C": "y"})), "without a gap"),
        (with("options", json!({"A": "x", "2": "y"})), "without a gap"),
        (with("gold", json!("C")), "no letter"),
        (with("gold", json!(1.5)), "whole number"),
        (with("answer_idx", json!("B")), "which is right"),
        (with("answer", json!("z")), "no option's text"),
        (good.clone(), "earlier line"),
    ];
    let mut lines = vec![good.clone()];
    lines.extend(bad.iter().map(|(line, _)| line.clone()));
    let faults = read(&lines).unwrap_err();
    assert_eq!(faults.len(), bad.len(), "{faults:?}");
    for (n, (fault, (_, expected))) in faults.iter().zip(&bad).enumerate() {
        assert_eq!(fault.line, n as u64 + 2, "{fault:?}");
        assert!(fault.problem.contains(expected), "{fault:?} does not tell {expected:?}");
    }
}

#[test]
fn wilson_gives_the_published_intervals() {
    // Newcombe 1998, table I, method 3: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
    for (right, of, low, high) in
        [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)]
    {
        let (a, b) = wilson(right, of).unwrap();
        assert!((a - low).abs() < 5e-5 && (b - high).abs() < 5e-5, "{right} of {of}: {a} {b}");
    }
    near(wilson(20, 20).unwrap().1, 1.0);
    assert_eq!(wilson(0, 0), None);
}

#[test]
fn pass_at_k_is_that_of_counting() {
    // 1 - C(n-c, k) / C(n, k).
    near(pass_at_k(10, 3, 1).unwrap(), 0.3);
    near(pass_at_k(10, 3, 2).unwrap(), 1.0 - 21.0 / 45.0);
    near(pass_at_k(10, 3, 5).unwrap(), 1.0 - 21.0 / 252.0);
    near(pass_at_k(5, 2, 3).unwrap(), 0.9);
    assert_eq!(pass_at_k(10, 3, 8), Some(1.0));
    assert_eq!(pass_at_k(10, 0, 10), Some(0.0));
    assert_eq!(pass_at_k(10, 10, 1), Some(1.0));
    assert_eq!(pass_at_k(3, 1, 4), None);
    assert_eq!(pass_at_k(3, 4, 1), None);
    near(guess_at_k(4, 1), 0.25);
    near(guess_at_k(5, 2), 0.36);
    near(guess_at_k(4, 10), 1.0 - 0.75_f64.powi(10));
}

fn question(id: &str, gold: usize, options: &[&str], language: Lang) -> Question {
    let options = options.iter().map(|o| (*o).to_owned()).collect();
    Question { id: id.into(), line: 1, text: "Which?".into(), options, gold, language }
}

fn run(tries: u32) -> Run {
    let settings = ExamSettings {
        tries,
        temperature: 0.5,
        top_k: 200,
        top_p: 1.0,
        repetition_penalty: 1.1,
        max_tokens: 24,
        seed: 1,
    };
    let file = |name: &str| FileOf { name: name.into(), questions: 2, hash: "sha256:x".into(), answers_from: None };
    Run {
        bogam: "0".into(),
        model: "sha256:m".into(),
        model_name: "script".into(),
        adapter: None,
        backend: "script".into(),
        threads: 1,
        prompt: "sha256:p".into(),
        settings,
        files: vec![file("one"), file("two")],
    }
}

fn scored(tries: u32) -> ExamReport {
    let questions = [
        question("a", 0, &["right", "no"], Lang::En),
        question("b", 1, &["a long text that is wrong", "short", "no", "none"], Lang::En),
        question("c", 2, &["가", "나", "다", "라"], Lang::Ko),
    ];
    let answers = |texts: &[&str]| texts.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>();
    let outcomes = [
        Outcome {
            letters: vec![-1.0, -2.0],
            texts: vec![-6.0, -5.0],
            answers: answers(&["A", "B", "none of them"]),
            error: None,
        },
        Outcome {
            letters: vec![-1.0, -2.0, -3.0, -4.0],
            texts: vec![-10.0, -3.0, -8.0, -9.0],
            answers: answers(&["A", "(B)", "answer: B"]),
            error: None,
        },
        Outcome { error: Some("too long".into()), ..Outcome::default() },
    ];
    let files = ["one", "one", "two"];
    let asked: Vec<Asked<'_>> = questions
        .iter()
        .zip(&outcomes)
        .zip(files)
        .map(|((question, outcome), file)| Asked { file, question, outcome })
        .collect();
    report(run(tries), &asked)
}

#[test]
fn a_report_counts_what_was_not_asked_and_not_read_as_wrong() {
    let report = scored(3);
    let whole = &report.whole;
    assert_eq!((whole.questions, whole.too_long), (3, 1));
    near(whole.chance.unwrap(), (0.5 + 0.25 + 0.25) / 3.0);
    near(whole.by_letter.value.unwrap(), 1.0 / 3.0);
    // By characters: -6/5 against -5/2 (right), -10/25 against -3/5 (wrong: the long text is more probable for its length).
    near(whole.by_text.value.unwrap(), 1.0 / 3.0);
    let sampled = whole.sampled.as_ref().unwrap();
    assert_eq!(sampled.answers, 6);
    near(sampled.unreadable.value.unwrap(), 1.0 / 6.0);
    // One, two and none of three tries were right.
    near(sampled.pass[0].estimate.value.unwrap(), (1.0 / 3.0 + 2.0 / 3.0) / 3.0);
    near(sampled.pass[1].estimate.value.unwrap(), (2.0 / 3.0 + 1.0) / 3.0);
    near(sampled.pass[2].estimate.value.unwrap(), 2.0 / 3.0);
    near(sampled.pass[1].chance.unwrap(), (0.75 + 2.0 * (1.0 - 0.75 * 0.75)) / 3.0);
    for pass in &sampled.pass {
        let Some((low, high)) = pass.estimate.low.zip(pass.estimate.high) else { panic!("no interval") };
        assert!(low <= pass.estimate.value.unwrap() && pass.estimate.value.unwrap() <= high);
    }
    assert_eq!(report.notices, ["training_unknown", "too_long"]);
    let names = |groups: &[bogam_evaluate::exam::Group]| {
        groups.iter().map(|g| (g.name.clone(), g.questions)).collect::<Vec<_>>()
    };
    assert_eq!(names(&report.by_language), [("en".into(), 2), ("ko".into(), 1)]);
    assert_eq!(names(&report.by_file), [("one".into(), 2), ("two".into(), 1)]);
}

#[test]
fn without_tries_there_is_nothing_sampled() {
    assert!(scored(0).whole.sampled.is_none());
}

#[test]
fn a_prompt_holds_the_question_as_it_is() {
    let texts = json!({"system": "S", "user": "Q: {question}\n{options}\nLetter?", "question_only": "{question}", "answer": "Answer:"});
    let prompts: ExamPrompts = serde_json::from_value(json!({"en": texts, "ko": texts})).unwrap();
    prompts.check().unwrap();
    let mut strange = question("a", 0, &["{question}", "two"], Lang::En);
    strange.text = "What is {options}?".into();
    let written = prompts.written(&strange);
    assert_eq!(written.user, "Q: What is {options}?\nA. {question}\nB. two\nLetter?");
    assert_eq!((written.answer.as_str(), prompts.letters(&strange).answer.as_str()), ("", "Answer:"));
    assert_eq!(prompts.texts_of_options(&strange).user, "What is {options}?");
    let lacking: ExamPrompts = serde_json::from_value(json!({"en": texts, "ko": {"system": "S", "user": "{options}",
        "question_only": "{question}", "answer": ""}}))
    .unwrap();
    assert!(lacking.check().is_err());
}
