//! Keys and certificates.
//!
//! A certificate begins at the moment that the clock tells when asked for two thirds of its life: it is the same until
//! then, and at least a third of its life remains when the next one takes its place. Its key stays, so what an
//! authority has signed remains valid under its next certificate.

use std::any::Any;
use std::net::IpAddr;
use std::rc::Rc;

use windlass_gotemplate::fmt::write_value;
use windlass_gotemplate::{Execution, Failure, Functions, Object, Signature, Text, Type, Value};
use windlass_keys::{Certificate as Issued, CertificateRequest, Issuer, KeyKind, PrivateKey};

use crate::args::{Answer, STRING, STRING_STRING, bytes, int, string};
use crate::chance::{Chance, Site};
use crate::encoding::decode_base64;

const CERTIFICATE: Type = Type::Named("sprig.certificate");
const CA: Signature = Signature::fixed(&[Type::String, Type::INT]);
const CA_WITH_KEY: Signature = Signature::fixed(&[Type::String, Type::INT, Type::String]);
const SELF_SIGNED: Signature = Signature::fixed(&[Type::String, Type::LIST, Type::LIST, Type::INT]);
const SELF_SIGNED_WITH_KEY: Signature =
    Signature::fixed(&[Type::String, Type::LIST, Type::LIST, Type::INT, Type::String]);
const SIGNED: Signature = Signature::fixed(&[Type::String, Type::LIST, Type::LIST, Type::INT, CERTIFICATE]);
const SIGNED_WITH_KEY: Signature =
    Signature::fixed(&[Type::String, Type::LIST, Type::LIST, Type::INT, CERTIFICATE, Type::String]);

const DAY: i64 = 86_400;
/// What a key costs in steps, by its kind, and a certificate beside its key: from milliseconds to a second.
const KEY_STEPS: u64 = 1_000_000;
const LARGE_KEY_STEPS: u64 = 10_000_000;
const SIGN_STEPS: u64 = 100_000;

/// A certificate and its key, both PEM: `.Cert` and `.Key`.
#[derive(Clone, PartialEq, Eq)]
struct Certificate {
    certificate: Text,
    key: Text,
}

// The key must not reach logs by way of a debug print.
impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificate").field("certificate", &self.certificate).finish_non_exhaustive()
    }
}

impl Object for Certificate {
    fn type_name(&self) -> &'static str {
        "sprig.certificate"
    }

    fn field(&self, name: &str) -> Option<Value> {
        match name {
            "Cert" => Some(self.certificate.clone().into()),
            "Key" => Some(self.key.clone().into()),
            _ => None,
        }
    }

    fn entries(&self) -> Option<Vec<(Value, Value)>> {
        Some(vec![("Cert".into(), self.certificate.clone().into()), ("Key".into(), self.key.clone().into())])
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<Certificate>() == Some(self)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

type Body = fn(Site<'_>, &[Value]) -> Answer;

pub(crate) fn register(functions: &mut Functions, chance: &Rc<Chance>) {
    functions.add("buildCustomCert", STRING_STRING, |_, args| custom(args));
    let mut add = |name: &'static str, signature, steps: u64, body: Body| {
        let chance = chance.clone();
        functions.add(name, signature, move |execution: &mut Execution, args| {
            execution.spend(steps)?;
            body(chance.site(execution, name), args)
        });
    };
    add("genPrivateKey", STRING, LARGE_KEY_STEPS, private_key);
    add("genCA", CA, KEY_STEPS, |site, args| authority(new_key(&site)?, site, args));
    add("genCAWithKey", CA_WITH_KEY, SIGN_STEPS, |site, args| authority(given_key(args, 2)?, site, args));
    add("genSelfSignedCert", SELF_SIGNED, KEY_STEPS, |site, args| leaf(new_key(&site)?, site, args, None));
    add("genSelfSignedCertWithKey", SELF_SIGNED_WITH_KEY, SIGN_STEPS, |site, args| {
        leaf(given_key(args, 4)?, site, args, None)
    });
    add("genSignedCert", SIGNED, KEY_STEPS, |site, args| leaf(new_key(&site)?, site, args, Some(&Signer::of(args)?)));
    add("genSignedCertWithKey", SIGNED_WITH_KEY, SIGN_STEPS, |site, args| {
        leaf(given_key(args, 5)?, site, args, Some(&Signer::of(args)?))
    });
}

fn private_key(site: Site<'_>, args: &[Value]) -> Answer {
    let kind = match string(args, 0).as_ref() {
        "" | "rsa" => KeyKind::Rsa4096,
        "dsa" => KeyKind::Dsa,
        "ecdsa" => KeyKind::Ecdsa,
        "ed25519" => KeyKind::Ed25519,
        other => return Ok(format!("Unknown type {other}").into()),
    };
    site.key(kind).map(Value::from).map_err(|error| Failure::new(format!("failed to generate private key: {error}")))
}

fn custom(args: &[Value]) -> Answer {
    let decoded = |index: usize, what: &str| {
        let bytes = decode_base64(bytes(args, index));
        bytes.map_err(|_| Failure::new(format!("unable to decode base64 {what}")))
    };
    let (certificate, key) = (decoded(0, "certificate")?, decoded(1, "private key")?);
    issued(&String::from_utf8_lossy(&certificate), "decodedCert")?;
    private(&String::from_utf8_lossy(&key))?;
    Ok(Value::object(Certificate { certificate: certificate.into(), key: key.into() }))
}

fn issued(pem: &str, variable: &str) -> Result<Issued, Failure> {
    if !pem.contains("-----BEGIN ") {
        return Err(Failure::new("unable to decode certificate"));
    }
    let read = Issued::from_pem(pem);
    read.map_err(|error| Failure::new(format!("error parsing certificate: {variable}.Bytes: {error}")))
}

fn private(pem: &str) -> Result<PrivateKey, Failure> {
    PrivateKey::from_pem(pem).map_err(|error| Failure::new(format!("error parsing private key: {error}")))
}

fn new_key(site: &Site<'_>) -> Result<PrivateKey, Failure> {
    let made = site.key(KeyKind::Rsa2048);
    private(&made.map_err(|error| Failure::new(format!("error generating rsa key: {error}")))?)
}

fn given_key(args: &[Value], index: usize) -> Result<PrivateKey, Failure> {
    PrivateKey::from_pem(&string(args, index)).map_err(|error| Failure::new(format!("parsing private key: {error}")))
}

/// The authority among the arguments.
struct Signer {
    certificate: Issued,
    key: PrivateKey,
}

impl Signer {
    fn of(args: &[Value]) -> Result<Self, Failure> {
        let ca = args[4].downcast::<Certificate>().ok_or_else(|| Failure::new("unable to decode certificate"))?;
        let certificate = issued(&ca.certificate.to_str(), "decodedSignerCert")?;
        Ok(Self { certificate, key: private(&ca.key.to_str())? })
    }
}

fn authority(key: PrivateKey, mut site: Site<'_>, args: &[Value]) -> Answer {
    let common_name = string(args, 0);
    let base = dated(&mut site, &common_name, int(args, 1), &key)?;
    sign(&site, &CertificateRequest { is_authority: true, ..base })
}

fn leaf(key: PrivateKey, mut site: Site<'_>, args: &[Value], signer: Option<&Signer>) -> Answer {
    let addresses = texts(&args[1], |shown| format!("error parsing ip: {shown} is not a string"))?
        .into_iter()
        .map(|text| text.parse::<IpAddr>().map_err(|_| Failure::new(format!("error parsing ip: {text}"))))
        .collect::<Result<Vec<_>, _>>()?;
    let names = texts(&args[2], |shown| format!("error processing alternate dns name: {shown} is not a string"))?;
    let common_name = string(args, 0);
    let issuer = signer.map(|signer| Issuer { certificate: &signer.certificate, key: &signer.key });
    let base = dated(&mut site, &common_name, int(args, 3), &key)?;
    sign(&site, &CertificateRequest { ip_addresses: &addresses, dns_names: &names, issuer, ..base })
}

fn texts(list: &Value, problem: impl Fn(String) -> String) -> Result<Vec<String>, Failure> {
    let items = list.as_list().map_or(&[][..], |list| list.items());
    let text = |item: &Value| match item {
        Value::String(text) => Ok(text.to_string()),
        other => {
            let mut shown = Vec::new();
            write_value(&mut shown, other)?;
            Err(Failure::new(problem(String::from_utf8_lossy(&shown).into_owned())))
        }
    };
    items.iter().map(text).collect()
}

/// A request with its time and serial number. The number belongs to the moment, since no two certificates of one
/// authority may share one.
fn dated<'a>(
    site: &mut Site<'_>,
    common_name: &'a str,
    days: i64,
    key: &'a PrivateKey,
) -> Result<CertificateRequest<'a>, Failure> {
    let life = days.saturating_mul(DAY);
    let renewal = u64::try_from(life / 3).unwrap_or_default().saturating_mul(2);
    let not_before = site.renewed_every(renewal)?;
    Ok(CertificateRequest {
        common_name,
        ip_addresses: &[],
        dns_names: &[],
        not_before,
        not_after: not_before.saturating_add(life),
        serial: site.at(not_before).array()?,
        is_authority: false,
        key,
        issuer: None,
    })
}

fn sign(site: &Site<'_>, request: &CertificateRequest<'_>) -> Answer {
    let failed = |error: String| Failure::new(format!("error creating certificate: {error}"));
    let unsigned = request.unsigned().map_err(|error| failed(error.to_string()))?;
    let signature = site.sign(&request.signer().to_pem(), unsigned.message()).map_err(failed)?;
    let certificate = unsigned.signed(&signature);
    Ok(Value::object(Certificate { certificate: certificate.into(), key: request.key.to_pem().into() }))
}
