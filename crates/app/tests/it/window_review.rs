//! The queue of a reviewer and the agreement of reviewers, behind the window.

use bogam_app::vault::Session;
use bogam_app::vault::store::{Credential, Review, Role, Verdict};
use bogam_app::window::{Surroundings, Window};

use crate::vaults::{OWNER, PASSPHRASE, Place, at, case, roles};

/// A vault with six cases and suggestions, and two reviewers.
fn place() -> Place {
    let place = Place::new();
    let owner = place.create();
    let ids: Vec<String> = (1..=6).map(|n| format!("c{n}")).collect();
    let cases: Vec<_> = ids.iter().map(|id| case(id, "홍길동", "12345678")).collect();
    let cases = place.lines("cases.jsonl", &cases);
    let suggestions = place.suggest(&cases);
    place.add(&owner, &cases, Some(&suggestions));
    for name in ["한지우", "오세린"] {
        owner.add_person(name, PASSPHRASE, &roles(&[Role::Reviewer]), at(11)).unwrap();
    }
    let clinician = roles(&[Role::Clinician]);
    owner.add_person("clinician", PASSPHRASE, &clinician, at(12)).unwrap();
    owner.close().unwrap();
    place
}

fn window(place: &Place) -> Window {
    Window::new(Surroundings {
        vault: place.vault(),
        preferences: place.path("window.json"),
        knowledge: Vec::new(),
        worker: None,
    })
}

/// What somebody judges: each drug of each case's list by its number in the list.
fn review(place: &Place, name: &str, second: i64, judge: impl Fn(usize, usize) -> Verdict) {
    let credential = Credential::Passphrase { name, passphrase: PASSPHRASE };
    let session = Session::open(&place.vault(), credential, at(3600 + second)).unwrap();
    let mut all = Vec::new();
    for n in 1..=6 {
        let id = session.suggestions_of(session.find_case(&format!("c{n}")).unwrap()).unwrap()[0];
        for (at, drug) in session.suggestion(id).unwrap().record.drugs.into_iter().enumerate() {
            let (verdict, comment) = (judge(n, at), None);
            all.push((id, Review { ingredient: drug.ingredient, verdict, comment }));
        }
    }
    session.save_reviews(&all, at(3600 + second)).unwrap();
    session.close().unwrap();
}

#[test]
fn reviewers_see_their_queue_and_how_far_they_agree() {
    let place = place();
    let window = window(&place);
    window.unlock("한지우", PASSPHRASE).unwrap();
    let queue = window.review_queue(None, 4, true).unwrap();
    assert_eq!((queue.items.len(), queue.total), (4, 6));
    assert_eq!((&*queue.items[0].case_id, &*queue.items[0].diagnoses[0].code), ("c6", "I50.9"));
    assert!(queue.items[0].listed > 3 && queue.items[0].reviewed == 0 && !queue.items[0].signed);
    let rest = window.review_queue(Some(queue.items[3].suggestion), 4, true).unwrap();
    assert_eq!(rest.items.iter().map(|i| &*i.case_id).collect::<Vec<_>>(), ["c2", "c1"]);
    let listed = queue.items[0].listed;
    let nothing = window.agreement().unwrap();
    assert_eq!((nothing.drugs, nothing.reviewers, nothing.kappa), (0, 0, None));
    window.lock();

    // One finds the first drug unfit, the other the first two of the first three cases.
    let verdict = |fits| if fits { Verdict::Agree } else { Verdict::Disagree };
    review(&place, "한지우", 1, |_, drug| verdict(drug != 0));
    review(&place, "오세린", 2, |n, drug| verdict(drug != 0 && (n > 3 || drug != 1)));
    // A comment judges nothing.
    review(&place, "오세린", 3, |_, _| Verdict::Comment);
    window.unlock("한지우", PASSPHRASE).unwrap();
    assert_eq!(window.review_queue(None, 10, true).unwrap().total, 0);
    let queue = window.review_queue(None, 10, false).unwrap();
    assert_eq!((queue.items[0].reviewed, queue.items[0].disagreements), (listed, 1));
    assert_eq!(queue.items[5].disagreements, 2);
    let agreement = window.agreement().unwrap();
    let drugs = 6 * listed;
    assert_eq!((agreement.drugs, agreement.reviewers), (drugs, 2));
    let all = f64::from(u32::try_from(drugs).unwrap());
    let observed = agreement.observed.unwrap();
    assert!((observed.value - (all - 3.0) / all).abs() < 1e-12, "{observed:?}");
    assert!(observed.low < observed.value && observed.value < observed.high, "{observed:?}");
    // Unfit: 6 and 9 of all.
    let chance = (6.0 * 9.0 + (all - 6.0) * (all - 9.0)) / (all * all);
    let kappa = agreement.kappa.unwrap().value;
    assert!((kappa - (observed.value - chance) / (1.0 - chance)).abs() < 1e-12, "{kappa}");
    let suitable = agreement.suitable.unwrap().value;
    assert!((suitable - (1.0 - 15.0 / (2.0 * all))).abs() < 1e-12, "{suitable}");
    let pair = &agreement.pairs[0];
    assert_eq!((&*pair.a, &*pair.b, pair.drugs, pair.agreed), ("한지우", "오세린", drugs, drugs - 3));
    assert!((pair.kappa.unwrap() - kappa).abs() < 1e-12);

    window.lock();
    window.unlock("clinician", PASSPHRASE).unwrap();
    assert_eq!(window.review_queue(None, 10, false).unwrap_err().code, "not_permitted");
    assert_eq!(window.agreement().unwrap_err().code, "not_permitted");
    window.lock();
    // With a third one it is Fleiss' kappa, and each two are told.
    review(&place, OWNER, 5, |_, drug| verdict(drug != 0));
    window.unlock(OWNER, PASSPHRASE).unwrap();
    let three = window.agreement().unwrap();
    assert_eq!((three.reviewers, three.pairs.len()), (3, 3));
    let (unfit, fit) = (21.0 / (3.0 * all), 1.0 - 21.0 / (3.0 * all));
    let (alike, chance) = ((all - 2.0) / all, unfit * unfit + fit * fit);
    assert!((three.kappa.unwrap().value - (alike - chance) / (1.0 - chance)).abs() < 1e-12, "{three:?}");
}
