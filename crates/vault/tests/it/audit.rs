//! The audit: what is edited, removed, reordered, cut or rolled back is found and named.

use std::sync::OnceLock;

use bogam_vault::{AuditFault, AuditHead, AuditLine, ReadOnly, check_audit};
use proptest::prelude::{ProptestConfig, prop_assert, prop_assert_eq, proptest};

use crate::fixture::{at, case, used, vault};

/// An audit of forty lines, and the vault that it is of.
fn lines() -> &'static ([u8; 16], Vec<AuditLine>, AuditHead) {
    static LINES: OnceLock<([u8; 16], Vec<AuditLine>, AuditHead)> = OnceLock::new();
    LINES.get_or_init(|| {
        let (_place, vault) = vault();
        for i in 0..38 {
            vault.save_case(&case(&format!("c{i}"), "홍길동", "1"), at(i)).unwrap();
        }
        let mut lines = Vec::new();
        vault.audit(|line| lines.push(line)).unwrap();
        assert_eq!(lines.len(), 40);
        assert!(lines.iter().all(|l| !l.object.contains("홍") && !l.object.contains("c1")));
        (vault.id(), lines, vault.audit_head().unwrap())
    })
}

#[test]
fn an_audit_as_it_was_written_has_no_fault() {
    let (id, lines, head) = lines();
    assert_eq!(check_audit(id, lines, &[*head]), []);
    // Also as it is exported: as JSON.
    let json = serde_json::to_string(lines).unwrap();
    assert_eq!(check_audit(id, &serde_json::from_str::<Vec<AuditLine>>(&json).unwrap(), &[*head]), []);
    assert_eq!(check_audit(&[0; 16], lines, &[]), [AuditFault::Unlinked { sequence: 1 }], "another vault's");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn an_edited_line_is_named(at in 0_usize..40, what in 0_usize..4) {
        let (id, lines, head) = lines();
        let mut lines = lines.clone();
        match what {
            0 => lines[at].code.push('x'),
            1 => lines[at].object = "case:9999".to_owned(),
            2 => lines[at].person.0 += 1,
            _ => lines[at].at = lines[at].at.checked_add(jiff::SignedDuration::from_secs(1)).unwrap(),
        }
        let sequence = lines[at].sequence;
        prop_assert_eq!(check_audit(id, &lines, &[*head]), [AuditFault::Edited { sequence }]);
    }

    #[test]
    fn removed_lines_are_named(first in 0_usize..40, count in 1_usize..5) {
        let (id, lines, head) = lines();
        let mut lines = lines.clone();
        let last = (first + count).min(40);
        lines.drain(first..last);
        let found = check_audit(id, &lines, &[*head]);
        let expected = if last == 40 {
            AuditFault::NotTheHead { found: first as u64, kept: 40 }
        } else {
            AuditFault::Removed { first: first as u64 + 1, last: last as u64 }
        };
        prop_assert_eq!(found, [expected]);
    }

    #[test]
    fn reordered_lines_are_named(a in 0_usize..40, b in 0_usize..40) {
        let (id, lines, head) = lines();
        let mut lines = lines.clone();
        lines.swap(a, b);
        let found = check_audit(id, &lines, &[*head]);
        if a == b {
            prop_assert_eq!(found, []);
        } else {
            let early = lines[a.max(b)].sequence;
            prop_assert!(found.contains(&AuditFault::Reordered { sequence: early }), "{found:?}");
        }
    }
}

#[test]
fn a_line_that_was_replaced_with_a_new_hash_unlinks_the_next() {
    let (id, lines, head) = lines();
    // Lines of another vault: each is right in itself.
    let (_place, other) = vault();
    other.save_case(&case("c", "n", "1"), at(99)).unwrap();
    let mut replaced = lines.clone();
    let mut others = Vec::new();
    other.audit(|line| others.push(line)).unwrap();
    replaced[2] = others[2].clone();
    let found = check_audit(id, &replaced, &[*head]);
    assert_eq!(found, [AuditFault::Unlinked { sequence: 3 }, AuditFault::Unlinked { sequence: 4 }]);
}

#[test]
fn triggers_refuse_to_change_or_remove_a_line() {
    let (_place, vault) = vault();
    assert!(vault.execute("UPDATE audit SET code = 'x'").is_err());
    assert!(vault.execute("DELETE FROM audit").is_err());
    assert!(vault.verify(&[]).unwrap().is_clean());
}

#[test]
fn a_cut_tail_is_found_by_the_header_even_when_the_key_was_there() {
    let (place, vault) = vault();
    for i in 0..3 {
        vault.save_case(&case(&format!("c{i}"), "n", "1"), at(1)).unwrap();
    }
    vault.execute("DROP TRIGGER audit_is_not_removed; DELETE FROM audit WHERE sequence > 3").unwrap();
    let found = vault.verify(&[]).unwrap();
    assert_eq!(found.audit, [AuditFault::NotTheHead { found: 3, kept: 5 }]);
    drop(vault);
    let vault = place.open(9).unwrap();
    assert_eq!(vault.read_only(), Some(&ReadOnly::RolledBack { kept: 5, found: 3 }));
}

#[test]
fn an_older_database_is_found_by_the_header_and_an_older_pair_by_a_head_that_was_kept() {
    let place = used();
    let older = [place.path.clone(), place.file(".header")].map(|p| (p.clone(), std::fs::read(p).unwrap()));
    let vault = place.open(9).unwrap();
    vault.save_case(&case("c2", "n", "1"), at(9)).unwrap();
    let head = vault.audit_head().unwrap();
    vault.close().unwrap();
    std::fs::write(&older[0].0, &older[0].1).unwrap();
    let vault = place.open(10).unwrap();
    assert!(matches!(vault.read_only(), Some(ReadOnly::RolledBack { .. })));
    drop(vault);
    // Both of before fit together: only what was kept elsewhere tells.
    std::fs::write(&older[1].0, &older[1].1).unwrap();
    let vault = place.open(11).unwrap();
    assert_eq!(vault.read_only(), None);
    assert!(vault.verify(&[]).unwrap().is_clean());
    assert!(matches!(vault.verify(&[head]).unwrap().audit[..], [AuditFault::NotTheHead { .. }]));
}

/// Nothing that takes long, or hands over what it reads, keeps others from writing.
#[test]
fn a_change_while_the_audit_is_handed_over_is_made_and_is_not_in_it() {
    let (_place, vault) = vault();
    let mut lines = 0;
    vault
        .audit(|line| {
            lines += 1;
            vault.save_case(&case(&format!("c{}", line.sequence), "n", "1"), at(1)).unwrap();
        })
        .unwrap();
    assert_eq!(lines, 2);
    assert_eq!(vault.audit_head().unwrap().sequence, 4);
}
