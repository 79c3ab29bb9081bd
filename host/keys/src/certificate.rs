//! X.509 certificates as charts make them: one name, and what Go's library adds on its own.

use std::net::IpAddr;

use num_bigint::BigUint;
use sha2::{Digest as _, Sha256};

use crate::{
    Error, Malformed, PrivateKey,
    der::{self, Reader},
    pem,
};

const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x0f];
const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x25];
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];
const SUBJECT_KEY_ID: &[u8] = &[0x55, 0x1d, 0x0e];
const AUTHORITY_KEY_ID: &[u8] = &[0x55, 0x1d, 0x23];
const ALTERNATIVE_NAMES: &[u8] = &[0x55, 0x1d, 0x11];
const SERVER: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01];
const CLIENT: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x02];
/// Digital signature and key encipherment, with the number of unused bits in front; an authority signs as well.
const LEAF_USAGE: [u8; 2] = [5, 0xa0];
const AUTHORITY_USAGE: [u8; 2] = [2, 0xa4];
const KEY_ID: usize = 20;
const DAY: i64 = 86_400;

/// What a certificate is to say. Its usages are those of servers and clients.
#[derive(Clone, Debug)]
pub struct CertificateRequest<'a> {
    pub common_name: &'a str,
    pub ip_addresses: &'a [IpAddr],
    pub dns_names: &'a [String],
    /// Unix seconds.
    pub not_before: i64,
    /// Unix seconds.
    pub not_after: i64,
    pub serial: [u8; 16],
    pub is_authority: bool,
    /// The key that is certified.
    pub key: &'a PrivateKey,
    /// Who signs; the key itself where nobody is named.
    pub issuer: Option<Issuer<'a>>,
}

/// An authority.
#[derive(Clone, Debug)]
pub struct Issuer<'a> {
    pub certificate: &'a Certificate,
    pub key: &'a PrivateKey,
}

/// What signing needs to know of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Its subject as it stands there.
    subject: Vec<u8>,
    /// Algorithm and key.
    public_key: Vec<u8>,
    key_id: Option<Vec<u8>>,
}

impl Certificate {
    /// Reads a certificate in PEM. Nothing is verified.
    pub fn from_pem(text: &str) -> Result<Self, Error> {
        Self::read(&pem::certificate(text)?).map_err(Error::Certificate)
    }

    fn read(der: &[u8]) -> Result<Self, Malformed> {
        let mut outer = Reader(der).enter(der::SEQUENCE)?;
        let mut fields = outer.enter(der::SEQUENCE)?;
        fields.optional(der::context(0))?;
        fields.take(der::INTEGER)?;
        for _ in ["signature", "issuer", "validity"] {
            fields.take(der::SEQUENCE)?;
        }
        let (_, _, subject) = fields.any()?;
        let (_, _, public_key) = fields.any()?;
        fields.optional(der::context_bytes(1))?;
        fields.optional(der::context_bytes(2))?;
        let key_id = fields.optional(der::context(3))?.map(key_id).transpose()?.flatten();
        Ok(Self { subject: subject.to_vec(), public_key: public_key.to_vec(), key_id })
    }
}

/// The subject's key identifier among the extensions.
fn key_id(extensions: &[u8]) -> Result<Option<Vec<u8>>, Malformed> {
    let mut extensions = Reader(extensions).enter(der::SEQUENCE)?;
    while !extensions.0.is_empty() {
        let mut extension = extensions.enter(der::SEQUENCE)?;
        let name = extension.take(der::OID)?;
        extension.optional(der::BOOLEAN)?;
        let content = extension.take(der::OCTET_STRING)?;
        if name == SUBJECT_KEY_ID {
            return Reader(content).take(der::OCTET_STRING).map(|id| Some(id.to_vec()));
        }
    }
    Ok(None)
}

/// A certificate that lacks its signature.
#[derive(Clone, Debug)]
pub struct Unsigned {
    body: Vec<u8>,
    algorithm: Vec<u8>,
}

impl Unsigned {
    /// What is to be signed.
    pub fn message(&self) -> &[u8] {
        &self.body
    }

    /// The certificate in PEM.
    pub fn signed(self, signature: &[u8]) -> String {
        let Self { body, algorithm } = self;
        pem::encode("CERTIFICATE", &der::sequence(&[body, algorithm, der::bits(signature)]))
    }
}

impl CertificateRequest<'_> {
    /// The key that signs.
    pub fn signer(&self) -> &PrivateKey {
        self.issuer.as_ref().map_or(self.key, |issuer| issuer.key)
    }

    /// All of the certificate but the signature, which may be made elsewhere.
    pub fn unsigned(&self) -> Result<Unsigned, Error> {
        let (algorithm, bits) = self.key.public()?;
        let public_key = der::sequence(&[algorithm, der::bits(&bits)]);
        let subject = name(self.common_name);
        let signer = self.signer();
        let issuer = self.issuer.as_ref().map(|issuer| issuer.certificate);
        if issuer.is_some_and(|issuer| signer.public().ok() != read_public(&issuer.public_key)) {
            return Err(Error::OtherKey);
        }
        let authority_id = issuer.filter(|issuer| issuer.subject != subject).and_then(|issuer| issuer.key_id.clone());
        let extensions = self.extensions(&bits, authority_id.as_deref())?;
        let algorithm = signer.signature_algorithm()?;
        let body = der::sequence(&[
            der::element(der::context(0), &der::element(der::INTEGER, &[2])),
            der::integer(&BigUint::from_bytes_be(&self.serial)),
            algorithm.clone(),
            issuer.map_or_else(|| subject.clone(), |issuer| issuer.subject.clone()),
            der::sequence(&[time(self.not_before)?, time(self.not_after)?]),
            subject,
            public_key,
            der::element(der::context(3), &der::sequence(&extensions)),
        ]);
        Ok(Unsigned { body, algorithm })
    }

    /// In Go's order.
    fn extensions(&self, bits: &[u8], authority_id: Option<&[u8]>) -> Result<Vec<Vec<u8>>, Error> {
        let usage = if self.is_authority { AUTHORITY_USAGE } else { LEAF_USAGE };
        let constraints = if self.is_authority { vec![der::boolean(true)] } else { Vec::new() };
        let mut extensions = vec![
            extension(KEY_USAGE, true, &der::element(der::BIT_STRING, &usage)),
            extension(EXTENDED_KEY_USAGE, false, &der::sequence(&[der::oid(SERVER), der::oid(CLIENT)])),
            extension(BASIC_CONSTRAINTS, true, &der::sequence(&constraints)),
        ];
        if self.is_authority {
            let id = &Sha256::digest(bits)[..KEY_ID];
            extensions.push(extension(SUBJECT_KEY_ID, false, &der::element(der::OCTET_STRING, id)));
        }
        if let Some(id) = authority_id {
            let id = der::element(der::context_bytes(0), id);
            extensions.push(extension(AUTHORITY_KEY_ID, false, &der::sequence(&[id])));
        }
        let names = self.alternative_names()?;
        if !names.is_empty() {
            let is_critical = self.common_name.is_empty();
            extensions.push(extension(ALTERNATIVE_NAMES, is_critical, &der::sequence(&names)));
        }
        Ok(extensions)
    }

    fn alternative_names(&self) -> Result<Vec<Vec<u8>>, Error> {
        let dns = self.dns_names.iter().map(|name| match name.is_ascii() {
            true => Ok(der::element(der::context_bytes(2), name.as_bytes())),
            false => Err(Error::NotAscii(name.clone())),
        });
        let addresses = self.ip_addresses.iter().map(|address| {
            let bytes = match address {
                IpAddr::V4(address) => address.octets().to_vec(),
                IpAddr::V6(address) => match address.to_ipv4_mapped() {
                    Some(address) => address.octets().to_vec(),
                    None => address.octets().to_vec(),
                },
            };
            Ok(der::element(der::context_bytes(7), &bytes))
        });
        dns.chain(addresses).collect()
    }
}

/// Algorithm and bits of a public key, as [`PrivateKey::public`] gives them.
fn read_public(public_key: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut fields = Reader(public_key).enter(der::SEQUENCE).ok()?;
    let (_, _, algorithm) = fields.any().ok()?;
    let (_, bits) = fields.take(der::BIT_STRING).ok()?.split_first()?;
    Some((algorithm.to_vec(), bits.to_vec()))
}

fn extension(name: &[u8], is_critical: bool, content: &[u8]) -> Vec<u8> {
    let critical = if is_critical { der::boolean(true) } else { Vec::new() };
    der::sequence(&[der::oid(name), critical, der::element(der::OCTET_STRING, content)])
}

/// A name with nothing but a common name; none at all when that is empty.
fn name(common_name: &str) -> Vec<u8> {
    if common_name.is_empty() {
        return der::sequence(&[]);
    }
    let printable = |byte: u8| byte.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(&byte);
    let tag = if common_name.bytes().all(printable) { der::PRINTABLE } else { der::UTF8 };
    let part = der::sequence(&[der::oid(COMMON_NAME), der::element(tag, common_name.as_bytes())]);
    der::sequence(&[der::element(der::SET, &part)])
}

/// Two digits of the year until 2049, four from then on.
fn time(seconds: i64) -> Result<Vec<u8>, Error> {
    let (year, month, day) = date(seconds.div_euclid(DAY));
    let of_day = seconds.rem_euclid(DAY);
    let rest = format!("{month:02}{day:02}{:02}{:02}{:02}Z", of_day / 3600, of_day / 60 % 60, of_day % 60);
    match year {
        1950..=2049 => Ok(der::element(der::UTC_TIME, format!("{:02}{rest}", year % 100).as_bytes())),
        0..=9999 => Ok(der::element(der::GENERALIZED_TIME, format!("{year:04}{rest}").as_bytes())),
        _ => Err(Error::Time(seconds)),
    }
}

/// Year, month and day of a day counted from 1970: years are counted from March, and in spans of 400.
fn date(day: i64) -> (i64, i64, i64) {
    const SPAN: i64 = 146_097;
    let day = day.saturating_add(719_468);
    let (span, of_span) = (day.div_euclid(SPAN), day.rem_euclid(SPAN));
    let year = (of_span - of_span / 1_460 + of_span / 36_524 - of_span / 146_096) / 365;
    let of_year = of_span - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + span * 400 + i64::from(month <= 2), month, day)
}
