//! The messages of the built-in kinds, read from the committed table at first use.

use std::collections::HashMap;
use std::sync::LazyLock;

static MESSAGES: LazyLock<HashMap<String, Message>> = LazyLock::new(|| read(include_str!("messages.txt")));

#[derive(Default)]
pub(super) struct Message(HashMap<u32, Field>);

pub(super) struct Field {
    pub(super) name: String,
    /// A scalar's name or a message's.
    pub(super) of: String,
    pub(super) shape: Shape,
    /// Its fields stand in the parent's JSON.
    pub(super) inline: bool,
    pub(super) drop_zero: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    One,
    List,
    Map,
}

pub(super) fn find(name: &str) -> Option<&'static Message> {
    MESSAGES.get(name)
}

impl Message {
    pub(super) fn field(&self, number: u32) -> Option<&Field> {
        self.0.get(&number)
    }
}

fn read(table: &str) -> HashMap<String, Message> {
    let mut messages: HashMap<String, Message> = HashMap::new();
    let mut current = String::new();
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix('@') {
            current = name.to_owned();
            messages.entry(current.clone()).or_default();
        } else if let Some((number, field)) = field(line)
            && let Some(message) = messages.get_mut(&current)
        {
            message.0.insert(number, field);
        }
    }
    messages
}

fn field(line: &str) -> Option<(u32, Field)> {
    let mut words = line.split(' ');
    let number = words.next()?.parse().ok()?;
    let (name, of, flag) = (words.next()?, words.next()?, words.next());
    let (shape, of) = match (of.strip_prefix("[]"), of.strip_prefix("{}")) {
        (Some(element), _) => (Shape::List, element),
        (_, Some(value)) => (Shape::Map, value),
        _ => (Shape::One, of),
    };
    let field =
        Field { name: name.into(), of: of.into(), shape, inline: flag == Some("<"), drop_zero: flag == Some("-") };
    Some((number, field))
}
