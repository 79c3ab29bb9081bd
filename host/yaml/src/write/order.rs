//! The order in which go-yaml prints the keys of a mapping.

use std::cmp::Ordering;

use super::Style;

/// Sorts entries by key. The order is not transitive for all keys (`unicode` letters against digits with zeros), which
/// the standard library's sorts do not allow, so this is a merge sort of our own.
pub(super) fn sort<T>(entries: Vec<(&str, T)>, style: Style) -> Vec<(&str, T)> {
    let sorted = entries.windows(2).all(|pair| compare(pair[0].0, pair[1].0, style) != Ordering::Greater);
    if sorted {
        return entries;
    }
    let mut first = entries;
    let second = first.split_off(first.len() / 2);
    merge(sort(first, style), sort(second, style), style)
}

fn merge<'a, T>(first: Vec<(&'a str, T)>, second: Vec<(&'a str, T)>, style: Style) -> Vec<(&'a str, T)> {
    let mut merged = Vec::with_capacity(first.len() + second.len());
    let mut first = first.into_iter().peekable();
    for entry in second {
        while let Some(earlier) = first.next_if(|earlier| compare(earlier.0, entry.0, style) != Ordering::Greater) {
            merged.push(earlier);
        }
        merged.push(entry);
    }
    merged.extend(first);
    merged
}

/// Compares at the first character that differs: letters by code point, letters behind everything else (in v3 before
/// it, right after a digit), runs of digits by their value.
fn compare(left: &str, right: &str, style: Style) -> Ordering {
    let common = left.bytes().zip(right.bytes()).take_while(|(a, b)| a == b).count();
    let start = (0..=common).rev().find(|at| left.is_char_boundary(*at)).unwrap_or_default();
    let (before, left, right) = (&left[..start], &left[start..], &right[start..]);
    let (Some(a), Some(b)) = (left.chars().next(), right.chars().next()) else {
        return left.len().cmp(&right.len());
    };
    match (a.is_alphabetic(), b.is_alphabetic()) {
        (true, true) => a.cmp(&b),
        (false, false) => compare_numbers(before, left, right).then(a.cmp(&b)),
        (a_is_letter, _) => {
            let after_digit = style.is_v3() && before.ends_with(|last: char| last.is_ascii_digit());
            if a_is_letter == after_digit { Ordering::Less } else { Ordering::Greater }
        }
    }
}

/// Compares the runs of digits both texts begin with, by value and then by length. A zero inside of a number is no
/// leading zero, so a number that began before the difference gives both a digit in front.
fn compare_numbers(before: &str, left: &str, right: &str) -> Ordering {
    let zero = left.starts_with('0') || right.starts_with('0');
    let run = before.bytes().rev().take_while(u8::is_ascii_digit);
    let inside_number = zero && run.into_iter().any(|digit| digit != b'0');
    let (left, right) = (digits(left), digits(right));
    let value = |digits: &str| {
        let start = i64::from(inside_number);
        digits.bytes().fold(start, |value, digit| value.wrapping_mul(10).wrapping_add(i64::from(digit - b'0')))
    };
    value(left).cmp(&value(right)).then(left.len().cmp(&right.len()))
}

fn digits(text: &str) -> &str {
    let end = text.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    &text[..end]
}
