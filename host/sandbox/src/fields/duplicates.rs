//! JSON as Go reads it: a key that stands twice is no error, the last one counts, but it is told.

use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// More than these are not listed: the list is for people.
const MOST: usize = 100;

/// A parsed body and the paths of keys that stand in it twice (the last one counts).
pub struct Read {
    pub value: Value,
    pub duplicates: Vec<String>,
}

pub(super) fn read(body: &[u8]) -> Result<Read, serde_json::Error> {
    let found = RefCell::new(Vec::new());
    let path = RefCell::new(String::new());
    let mut reader = serde_json::Deserializer::from_slice(body);
    let value = Node { found: &found, path: &path }.deserialize(&mut reader)?;
    reader.end()?;
    Ok(Read { value, duplicates: found.into_inner() })
}

#[derive(Clone, Copy)]
struct Node<'a> {
    found: &'a RefCell<Vec<String>>,
    path: &'a RefCell<String>,
}

impl Node<'_> {
    /// Most bodies repeat nothing, but where they do is only known on the way.
    fn step(self, part: fmt::Arguments<'_>) {
        if fmt::Write::write_fmt(&mut *self.path.borrow_mut(), part).is_err() {
            unreachable!("writing to memory cannot fail");
        }
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        let length = self.path.borrow().len();
        loop {
            self.step(format_args!("[{}]", list.len()));
            let next = access.next_element_seed(self)?;
            self.path.borrow_mut().truncate(length);
            match next {
                Some(value) => list.push(value),
                None => return Ok(Value::Array(list)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        let length = self.path.borrow().len();
        while let Some(key) = access.next_key::<String>()? {
            self.step(format_args!("{}{key}", if length == 0 { "" } else { "." }));
            if map.contains_key(&key) && self.found.borrow().len() < MOST {
                self.found.borrow_mut().push(self.path.borrow().clone());
            }
            map.insert(key, access.next_value_seed(self)?);
            self.path.borrow_mut().truncate(length);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_two_equal_keys_counts_and_its_path_is_told() {
        let read = read(br#"{"spec":{"list":[{"a":1,"a":2}]}}"#).expect("valid JSON");
        assert_eq!(read.value["spec"]["list"][0]["a"], 2);
        assert_eq!(read.duplicates, ["spec.list[0].a"]);
    }

    #[test]
    fn nesting_without_end_is_an_error() {
        assert!(super::read(&b"[".repeat(100_000)).is_err());
    }
}
