//! The difference of two texts in the unified form, found as the real server finds it, for its messages.

use std::collections::HashMap;
use std::ops::Range;

/// Lines shown around a change.
const CONTEXT: usize = 3;

struct Edit {
    before: Range<usize>,
    after: Range<usize>,
    equal: bool,
}

/// Each hunk under its `@@`, every line ended by a newline.
pub(super) fn unified(before: &[String], after: &[String]) -> String {
    let mut out = String::new();
    for hunk in hunks(edits(before, after)) {
        let (Some(first), Some(last)) = (hunk.first(), hunk.last()) else { continue };
        let range = |start: usize, end: usize| match end - start {
            1 => format!("{}", start + 1),
            0 => format!("{start},0"),
            count => format!("{},{count}", start + 1),
        };
        let old = range(first.before.start, last.before.end);
        out.push_str(&format!("@@ -{old} +{} @@\n", range(first.after.start, last.after.end)));
        for edit in &hunk {
            let (mark, removed) = if edit.equal { (" ", &[][..]) } else { ("+", &before[edit.before.clone()]) };
            removed.iter().for_each(|line| out.push_str(&format!("-{line}\n")));
            after[edit.after.clone()].iter().for_each(|line| out.push_str(&format!("{mark}{line}\n")));
        }
    }
    out
}

/// Changes that are close to each other share a hunk.
fn hunks(edits: Vec<Edit>) -> Vec<Vec<Edit>> {
    let (mut hunks, mut current) = (Vec::new(), Vec::new());
    let count = edits.len();
    for (index, mut edit) in edits.into_iter().enumerate() {
        if edit.equal && index == 0 {
            keep_end(&mut edit);
        }
        if edit.equal && index + 1 == count {
            keep_start(&mut edit);
        }
        if edit.equal && index > 0 && index + 1 < count && edit.before.len() > 2 * CONTEXT {
            let mut head = Edit { before: edit.before.clone(), after: edit.after.clone(), equal: true };
            keep_start(&mut head);
            current.push(head);
            hunks.push(std::mem::take(&mut current));
            keep_end(&mut edit);
        }
        current.push(edit);
    }
    if current.iter().any(|edit| !edit.equal) {
        hunks.push(current);
    }
    hunks
}

fn keep_end(edit: &mut Edit) {
    let skipped = edit.before.len().saturating_sub(CONTEXT);
    edit.before.start += skipped;
    edit.after.start += skipped;
}

fn keep_start(edit: &mut Edit) {
    let skipped = edit.before.len().saturating_sub(CONTEXT);
    edit.before.end -= skipped;
    edit.after.end -= skipped;
}

fn edits(before: &[String], after: &[String]) -> Vec<Edit> {
    let mut edits: Vec<Edit> = Vec::new();
    let (mut at, mut to) = (0, 0);
    let mut matches = matching(before, after);
    matches.push((before.len(), after.len(), 0));
    for (start, other, length) in matches {
        if at < start || to < other {
            edits.push(Edit { before: at..start, after: to..other, equal: false });
        }
        match edits.last_mut() {
            Some(last) if last.equal && length > 0 => {
                last.before.end += length;
                last.after.end += length;
            }
            _ if length > 0 => {
                edits.push(Edit { before: start..start + length, after: other..other + length, equal: true });
            }
            _ => {}
        }
        (at, to) = (start + length, other + length);
    }
    edits
}

/// The longest run that both have, and the same again on either side of it.
fn matching(before: &[String], after: &[String]) -> Vec<(usize, usize, usize)> {
    let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, line) in after.iter().enumerate() {
        places.entry(line).or_default().push(index);
    }
    forget_popular(&mut places, after.len());
    let mut queue = vec![(0..before.len(), 0..after.len())];
    let mut found = Vec::new();
    while let Some((left, right)) = queue.pop() {
        let (start, other, length) = longest(before, after, &places, left.clone(), right.clone());
        if length == 0 {
            continue;
        }
        found.push((start, other, length));
        queue.push((left.start..start, right.start..other));
        queue.push((start + length..left.end, other + length..right.end));
    }
    found.sort_unstable();
    found
}

/// In a long text, a line that stands in more than every hundredth place says nothing.
fn forget_popular(places: &mut HashMap<&str, Vec<usize>>, count: usize) {
    const LONG: usize = 200;
    if count >= LONG {
        places.retain(|_, at| at.len() <= count / 100 + 1);
    }
}

fn longest(
    before: &[String],
    after: &[String],
    places: &HashMap<&str, Vec<usize>>,
    left: Range<usize>,
    right: Range<usize>,
) -> (usize, usize, usize) {
    let (mut start, mut other, mut length) = (left.start, right.start, 0);
    let mut runs: HashMap<usize, usize> = HashMap::new();
    for index in left.clone() {
        let mut next = HashMap::new();
        for &place in places.get(before[index].as_str()).map_or(&[][..], Vec::as_slice) {
            if !right.contains(&place) {
                continue;
            }
            let run = place.checked_sub(1).and_then(|prior| runs.get(&prior)).copied().unwrap_or(0) + 1;
            next.insert(place, run);
            if run > length {
                (start, other, length) = (index + 1 - run, place + 1 - run, run);
            }
        }
        runs = next;
    }
    // What is left out of the places for being everywhere still extends a run.
    while start > left.start && other > right.start && before[start - 1] == after[other - 1] {
        (start, other, length) = (start - 1, other - 1, length + 1);
    }
    while start + length < left.end && other + length < right.end && before[start + length] == after[other + length] {
        length += 1;
    }
    (start, other, length)
}

#[cfg(test)]
mod tests {
    use super::unified;

    #[test]
    fn a_change_is_shown_with_three_lines_around_it() {
        let lines = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let (before, after) = (lines("a b c d e f g h i"), lines("a b c d X f g h i"));
        assert_eq!(unified(&before, &after), "@@ -2,7 +2,7 @@\n b\n c\n d\n-e\n+X\n f\n g\n h\n");
        assert_eq!(unified(&before, &before), "");
    }
}
