//! A protobuf message that is being written.

#[derive(Clone, Default)]
pub(super) struct Message(Vec<u8>);

impl Message {
    pub(super) fn bytes(mut self, number: u32, bytes: &[u8]) -> Self {
        self.varint(u64::from(number << 3 | 2));
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
        self
    }

    pub(super) fn text(self, number: u32, text: &str) -> Self {
        self.bytes(number, text.as_bytes())
    }

    pub(super) fn texts<'a>(self, number: u32, texts: impl IntoIterator<Item = &'a str>) -> Self {
        texts.into_iter().fold(self, |message, text| message.text(number, text))
    }

    pub(super) fn message(self, number: u32, message: Message) -> Self {
        self.bytes(number, &message.0)
    }

    pub(super) fn flag(mut self, number: u32, value: bool) -> Self {
        self.varint(u64::from(number << 3));
        self.varint(value.into());
        self
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.0
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_written_as_numbered_fields() {
        let message = Message::default().text(1, "2.0").message(13, Message::default().text(2, &"a".repeat(200)));
        let mut expected = vec![0x0a, 3, b'2', b'.', b'0', 0x6a, 0xcb, 0x01, 0x12, 0xc8, 0x01];
        expected.extend([b'a'; 200]);
        assert_eq!(message.finish(), expected);
    }
}
