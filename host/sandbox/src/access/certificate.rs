//! Client certificates: the common name is the user, each organisation a group.
//!
//! Read only after the chain was verified, so a certificate that does not have this form is no user, not an attack.

use super::user::{AUTHENTICATED, User};

/// Object identifiers of the two attributes, as DER writes them: 2.5.4.3 and 2.5.4.10.
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const ORGANISATION: &[u8] = &[0x55, 0x04, 0x0a];

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const EXPLICIT_VERSION: u8 = 0xa0;

/// The user that a verified certificate names; none without a common name.
pub fn user_of(certificate: &[u8]) -> Option<User> {
    let mut user = User::default();
    for (attribute, value) in attributes(subject(certificate)?) {
        let Ok(value) = std::str::from_utf8(value) else { continue };
        match attribute {
            COMMON_NAME => user.name = value.into(),
            ORGANISATION => user.groups.push(value.into()),
            _ => {}
        }
    }
    user.groups.push(AUTHENTICATED.into());
    (!user.name.is_empty()).then_some(user)
}

/// The bytes of the subject: the sixth part of what is signed, counting the version.
fn subject(certificate: &[u8]) -> Option<&[u8]> {
    let (_, certificate, _) = element(certificate)?;
    let (_, mut rest, _) = element(certificate)?;
    let (first, _, after) = element(rest)?;
    if first == EXPLICIT_VERSION {
        rest = after;
    }
    // Serial number, signature algorithm, issuer, validity.
    for _ in 0..4 {
        rest = element(rest)?.2;
    }
    element(rest).filter(|(tag, ..)| *tag == SEQUENCE).map(|(_, subject, _)| subject)
}

fn attributes(mut names: &[u8]) -> Vec<(&[u8], &[u8])> {
    let mut found = Vec::new();
    while let Some((SET, mut set, rest)) = element(names) {
        names = rest;
        while let Some((SEQUENCE, pair, rest)) = element(set) {
            set = rest;
            let attribute = element(pair).and_then(|(_, attribute, rest)| Some((attribute, element(rest)?.1)));
            found.extend(attribute);
        }
    }
    found
}

/// One DER element: its tag, its content and what follows it.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (length, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (length.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject as _;

    use super::*;

    #[test]
    fn a_certificate_names_its_user_and_groups() {
        let identity = crate::identity::Identity::generate().expect("an authority");
        let certificate = identity.client_certificate("jane", Some("dev")).expect("signed");
        let der = CertificateDer::from_pem_slice(certificate.certificate_pem.as_bytes()).expect("a certificate");
        let user = user_of(&der).expect("a user");
        assert_eq!(user, User::named("jane", &["dev", AUTHENTICATED]));
    }

    #[test]
    fn bytes_that_are_no_certificate_name_nobody() {
        assert_eq!(user_of(b""), None);
        assert_eq!(user_of(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]), None);
        assert_eq!(user_of(&[0x30; 64]), None);
    }
}
