//! Whether JSON can be parsed, without building anything: what is copied unread has to be readable later on.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// Stands for any JSON value that can be parsed: numbers in range, texts whole, nesting not too deep.
struct Sound;

/// Whether JSON can be parsed as a tree of values.
pub(super) fn is_sound(json: &[u8]) -> bool {
    serde_json::from_slice::<Sound>(json).is_ok()
}

impl<'de> Deserialize<'de> for Sound {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Sound {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self, A::Error> {
        while items.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Self, A::Error> {
        while fields.next_entry::<Self, Self>()?.is_some() {}
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sound_is_just_what_can_be_parsed() {
        let deep = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        for json in [
            r#"{"a":[1,-2,3.5,true,null,"\u00e9\ud83d\ude00"]}"#,
            r#"{"a":1e999}"#,
            r#"{"a":"\ud800"}"#,
            r#"{"\ud800":1}"#,
            "{\"a\":}",
            &deep(100),
            &deep(1000),
        ] {
            let parsed = serde_json::from_str::<serde_json::Value>(json);
            assert_eq!(is_sound(json.as_bytes()), parsed.is_ok(), "{json}");
        }
        assert!(!is_sound(b"{\"a\":\"\xff\"}"));
    }
}
