use super::*;

fn lines() -> Vec<Vec<u8>> {
    let mut chain = Chain::default();
    ["a", "b", "c"]
        .map(|name| {
            let entry = Entry::Created { name: name.into(), id: "sg-1".into() };
            chain.line("2026-01-01T03:00:00Z", &entry).unwrap()
        })
        .to_vec()
}

#[test]
fn a_whole_journal_is_read_and_can_be_gone_on_with() {
    let bytes = lines().concat();
    let journal = Journal::parse(&bytes).unwrap();
    assert_eq!(journal.entries.len(), 3);
    let mut chain = journal.chain;
    let more = chain.line("2026-01-01T03:00:01Z", &Entry::Restored { owed: 0 }).unwrap();
    assert_eq!(Journal::parse(&[bytes, more].concat()).unwrap().entries.len(), 4);
}

#[test]
fn an_edited_dropped_or_swapped_line_is_detected() {
    let l = lines();
    let edited = [l[0].clone(), String::from_utf8_lossy(&l[1]).replace("sg-1", "sg-2").into(), l[2].clone()];
    assert!(matches!(Journal::parse(&edited.concat()), Err(JournalError::Broken { line: 3 })));
    let dropped = [l[0].clone(), l[2].clone()].concat();
    assert!(matches!(Journal::parse(&dropped), Err(JournalError::Broken { line: 2 })));
    let swapped = [l[1].clone(), l[0].clone(), l[2].clone()].concat();
    assert!(matches!(Journal::parse(&swapped), Err(JournalError::Broken { line: 1 })));
}

#[test]
fn a_last_line_torn_at_any_byte_is_left_out() {
    let l = lines();
    let whole = [l[0].clone(), l[1].clone()].concat();
    for cut in 0..l[2].len() {
        let journal = Journal::parse(&[&whole[..], &l[2][..cut]].concat()).unwrap();
        assert_eq!((journal.entries.len(), journal.whole), (2, whole.len()));
    }
}

#[test]
fn a_line_longer_than_any_entry_is_refused_without_reading_it_whole() {
    let endless = std::io::BufReader::new(std::io::repeat(b'x'));
    assert!(matches!(Journal::read(endless), Err(JournalError::TooLong { line: 1 })));
}

fn journal(entries: &[Entry]) -> Journal {
    let mut chain = Chain::default();
    let mut line = |entry: &Entry| chain.line("2026-01-01T03:00:00Z", entry).unwrap();
    let lines: Vec<u8> = entries.iter().flat_map(&mut line).collect();
    Journal::parse(&lines).unwrap()
}

#[test]
fn the_end_of_a_pull_is_known_only_from_its_last_line_and_for_what_was_planned_by_then() {
    let closed = Entry::Closed { complete: false, why: None, planned: 5 };
    let skipped = Entry::Skipped { step: StepId(520) };
    assert!(!journal(std::slice::from_ref(&skipped)).end_known(Some(4)));
    assert!(journal(&[skipped.clone(), closed.clone()]).end_known(Some(4)));
    assert!(journal(&[closed.clone(), Entry::Restored { owed: 1 }]).end_known(Some(4)));
    // A resume has planned change 5 and more: its lines are lost.
    assert!(!journal(std::slice::from_ref(&closed)).end_known(Some(5)));
    assert!(!journal(&[closed, skipped]).end_known(Some(4)));
    let old = Entry::Closed { complete: true, why: None, planned: 0 };
    assert!(journal(&[old]).end_known(Some(9)));
}
