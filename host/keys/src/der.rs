//! The little of DER that keys and certificates need, written and read.

use num_bigint::BigUint;

use crate::Malformed;

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
const NULL: u8 = 0x05;
pub(crate) const OID: u8 = 0x06;
pub(crate) const UTF8: u8 = 0x0c;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;
pub(crate) const PRINTABLE: u8 = 0x13;
pub(crate) const UTC_TIME: u8 = 0x17;
pub(crate) const GENERALIZED_TIME: u8 = 0x18;
pub(crate) const BOOLEAN: u8 = 0x01;

/// The tag of a context's own element: `[number]`, holding others.
pub(crate) const fn context(number: u8) -> u8 {
    0xa0 | number
}

/// The tag of a context's own element that holds bytes.
pub(crate) const fn context_bytes(number: u8) -> u8 {
    0x80 | number
}

/// An element: tag, length, content.
pub(crate) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut done = vec![tag];
    match u8::try_from(content.len()) {
        Ok(short) if short < 0x80 => done.push(short),
        _ => {
            let length = content.len().to_be_bytes();
            let length: Vec<u8> = length.into_iter().skip_while(|byte| *byte == 0).collect();
            done.push(0x80 | length.len() as u8);
            done.extend(length);
        }
    }
    done.extend(content);
    done
}

pub(crate) fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    element(SEQUENCE, &parts.concat())
}

pub(crate) fn oid(encoded: &[u8]) -> Vec<u8> {
    element(OID, encoded)
}

pub(crate) fn null() -> Vec<u8> {
    element(NULL, &[])
}

pub(crate) fn boolean(value: bool) -> Vec<u8> {
    element(BOOLEAN, &[if value { 0xff } else { 0 }])
}

pub(crate) fn integer(value: &BigUint) -> Vec<u8> {
    let mut bytes = value.to_bytes_be();
    // A leading bit would be a sign.
    if bytes[0] & 0x80 != 0 {
        bytes.insert(0, 0);
    }
    element(INTEGER, &bytes)
}

/// A bit string of whole bytes.
pub(crate) fn bits(bytes: &[u8]) -> Vec<u8> {
    element(BIT_STRING, &[&[0], bytes].concat())
}

/// Reads elements one after the other.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    /// The next element, whatever it is: its tag, its content, and all of it.
    pub(crate) fn any(&mut self) -> Result<(u8, &'a [u8], &'a [u8]), Malformed> {
        let all = self.0;
        let [tag, first, after @ ..] = all else { return Err(Malformed::Syntax) };
        let (length, after) = match *first {
            short @ 0..=0x7f => (usize::from(short), after),
            count @ 0x81..=0x84 => {
                let (digits, after) = after.split_at_checked(usize::from(count - 0x80)).ok_or(Malformed::Syntax)?;
                (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), after)
            }
            _ => return Err(Malformed::Syntax),
        };
        let (content, rest) = after.split_at_checked(length).ok_or(Malformed::Syntax)?;
        self.0 = rest;
        Ok((*tag, content, &all[..all.len() - rest.len()]))
    }

    /// The content of the next element, which has to have this tag.
    pub(crate) fn take(&mut self, tag: u8) -> Result<&'a [u8], Malformed> {
        match self.any()? {
            (found, content, _) if found == tag => Ok(content),
            _ => Err(Malformed::Syntax),
        }
    }

    /// What the next element holds, element by element.
    pub(crate) fn enter(&mut self, tag: u8) -> Result<Reader<'a>, Malformed> {
        self.take(tag).map(Reader)
    }

    /// The next element where it has this tag.
    pub(crate) fn optional(&mut self, tag: u8) -> Result<Option<&'a [u8]>, Malformed> {
        if self.0.first() == Some(&tag) { self.take(tag).map(Some) } else { Ok(None) }
    }

    /// A number that is not negative.
    pub(crate) fn integer(&mut self) -> Result<BigUint, Malformed> {
        let bytes = self.take(INTEGER)?;
        match bytes.first() {
            Some(first) if first & 0x80 == 0 => Ok(BigUint::from_bytes_be(bytes)),
            _ => Err(Malformed::Syntax),
        }
    }
}
