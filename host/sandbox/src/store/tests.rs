//! The store as its callers use it: versions, windows, batches, and folders that outlive it.

use std::path::Path;
use std::sync::Arc;

use super::*;

fn key(name: &str) -> Key {
    Key { shelf: ShelfId::new("", "configmaps"), name: Name::new("default", name) }
}

fn put(store: &Store, name: &str) -> Stored {
    let body = format!(r#"{{"kind":"ConfigMap","apiVersion":"v1","metadata":{{"name":"{name}"}}}}"#);
    let object = object::parse(body.as_bytes()).expect("valid JSON");
    store.commit(&key(name), Expected::Absent, Change::Put(object)).expect("committed")
}

fn remove(store: &Store, name: &str, stored: &Stored) {
    let live = object::parse(&stored.body).expect("valid JSON");
    store.commit(&key(name), Expected::At(stored.version), Change::Remove(live)).expect("removed");
}

fn names(store: &Store, range: &Range<'_>) -> Vec<String> {
    let page = store.list(&ShelfId::new("", "configmaps"), range).expect("in the window");
    page.items.into_iter().map(|(name, _)| (*name.name).to_owned()).collect()
}

#[test]
fn a_list_at_an_earlier_version_shows_what_was_there_then() {
    let store = Store::in_memory(Window::default());
    let first = put(&store, "a");
    put(&store, "b");
    remove(&store, "a", &first);
    assert_eq!(names(&store, &Range::default()), ["b"]);
    assert_eq!(names(&store, &Range { at: Some(first.version), ..Range::default() }), ["a"]);
}

#[test]
fn a_window_that_has_moved_on_says_how_far_it_reaches() {
    let store = Store::in_memory(Window { events: 1, bytes: 1 << 20 });
    let first = put(&store, "a");
    let second = put(&store, "b");
    let shelf = store.shelf(&ShelfId::new("", "configmaps"));
    assert_eq!(shelf.changes_after(1).expect_err("gone"), TooOld(first.version));
    assert_eq!(shelf.changes_after(first.version).expect("kept")[0].version, second.version);
}

#[test]
fn watchers_at_one_version_share_a_batch_and_others_get_their_own() {
    let store = Store::in_memory(Window::default());
    let first = put(&store, "a");
    put(&store, "b");
    let shelf = store.shelf(&ShelfId::new("", "configmaps"));
    let _watchers = (shelf.subscribe(), shelf.subscribe());
    let mut written = Vec::new();
    let mut batch = |after: u64, view: &str| {
        let write = |events: &[Arc<Event>]| {
            written.push((view.to_owned(), events.len()));
            vec![0]
        };
        shelf.batch(after, Some(&view.into()), write).expect("kept").until
    };
    let until = store.version();
    let all = [batch(1, "x"), batch(1, "x"), batch(first.version, "x"), batch(1, "y"), batch(until, "x")];
    assert_eq!(all, [until; 5]);
    let expected = [("x", 2), ("x", 1), ("y", 2), ("x", 0)];
    assert_eq!(written, expected.map(|(view, count)| (view.to_owned(), count)));
}

fn kept_in(folder: &Path) -> Store {
    Store::open(folder, Window::default()).expect("opens")
}

/// Changes the bytes of the log behind the store's back.
fn edit_log(folder: &Path, edit: impl FnOnce(&mut Vec<u8>)) -> usize {
    let path = folder.join("objects.log");
    let mut bytes = std::fs::read(&path).expect("there");
    edit(&mut bytes);
    std::fs::write(&path, &bytes).expect("written");
    bytes.len()
}

#[test]
fn acknowledged_writes_survive_and_a_torn_record_is_cut_off() {
    let folder = tempfile::tempdir().expect("a folder");
    let tears: [fn(&mut Vec<u8>); 3] = [
        |log| log.truncate(log.len() - 3),
        |log| log.extend([200, 0, 0]),
        // Its whole length was reserved, its bytes never came.
        |log| *log.last_mut().expect("a byte") ^= 1,
    ];
    for (round, tear) in tears.into_iter().enumerate() {
        let store = kept_in(folder.path());
        let kept = put(&store, &format!("kept-{round}"));
        put(&store, "torn");
        assert!(Store::open(folder.path(), Window::default()).is_err(), "two processes on one folder");
        drop(store);
        edit_log(folder.path(), tear);
        let store = kept_in(folder.path());
        assert_eq!(store.get(&key(&format!("kept-{round}"))).expect("kept").body, kept.body);
        if let Some(torn) = store.get(&key("torn")) {
            remove(&store, "torn", &torn);
        }
    }
}

#[test]
fn a_record_that_is_damaged_before_the_end_stops_the_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = kept_in(folder.path());
    put(&store, "a");
    drop(store);
    let first = edit_log(folder.path(), |_| {});
    let store = kept_in(folder.path());
    put(&store, "b");
    put(&store, "c");
    drop(store);
    edit_log(folder.path(), |log| log[first + 20] ^= 1);
    match Store::open(folder.path(), Window::default()) {
        Err(LogError::Damaged { offset, .. }) => assert_eq!(offset, first as u64),
        _ => panic!("it opened"),
    }
}

#[test]
fn records_of_all_sizes_are_read_back_in_the_order_of_their_names() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = kept_in(folder.path());
    let mut expected = Vec::new();
    for (number, size) in [10, 300_000, 1_048_500, 3, 3_000_000, 70_000, 900_000, 1].into_iter().enumerate() {
        let name = format!("{}", 9 - number);
        let body = serde_json::json!({ "kind": "ConfigMap", "apiVersion": "v1", "data": { "x": "y".repeat(size) } });
        let object = body.as_object().expect("a map").clone();
        let stored = store.commit(&key(&name), Expected::Absent, Change::Put(object)).expect("committed");
        expected.push((name, stored.body));
    }
    expected.reverse();
    drop(store);
    let page = kept_in(folder.path()).list(&ShelfId::new("", "configmaps"), &Range::default()).expect("now");
    let found: Vec<_> = page.items.into_iter().map(|(name, stored)| ((*name.name).to_owned(), stored.body)).collect();
    assert!(found == expected, "each under its name");
}

#[test]
fn a_log_of_mostly_dead_records_is_written_anew_and_the_version_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = kept_in(folder.path());
    put(&store, "kept");
    for round in 0..20 {
        let name = format!("gone-{round}");
        let stored = put(&store, &name);
        remove(&store, &name, &stored);
    }
    let (version, length) = (store.version(), || std::fs::metadata(folder.path().join("objects.log")));
    let before = length().expect("there").len();
    drop(store);
    for _ in 0..2 {
        let store = kept_in(folder.path());
        assert_eq!((names(&store, &Range::default()), store.version()), (vec!["kept".to_owned()], version));
        assert!(length().expect("there").len() * 4 < before);
    }
}
