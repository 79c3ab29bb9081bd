//! Keys and certificates: what is to be made is decided here, made by the caller's [`Environment`].

use std::any::Any;
use std::net::IpAddr;
use std::rc::Rc;

use windlass_gotemplate::fmt::write_value;
use windlass_gotemplate::{Failure, Functions, Object, Signature, Text, Type, Value};

use crate::args::{Answer, STRING, STRING_STRING, bytes, int, string};
use crate::encoding::decode_base64;
use crate::environment::{CertificateSpec, Environment, Issuer, KeyKind};

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

pub(crate) fn register(functions: &mut Functions, environment: &Rc<Environment>) {
    let mut add = |name: &str, signature, body: fn(&Environment, &[Value]) -> Answer| {
        let environment = environment.clone();
        functions.add(name, signature, move |_, args| body(&environment, args));
    };
    add("genPrivateKey", STRING, private_key);
    add("buildCustomCert", STRING_STRING, custom);
    add("genCA", CA, |environment, args| authority(environment, args, new_key(environment)?));
    add("genCAWithKey", CA_WITH_KEY, |environment, args| {
        authority(environment, args, given_key(environment, args, 2)?)
    });
    add("genSelfSignedCert", SELF_SIGNED, |environment, args| leaf(environment, args, new_key(environment)?, None));
    add("genSelfSignedCertWithKey", SELF_SIGNED_WITH_KEY, |environment, args| {
        leaf(environment, args, given_key(environment, args, 4)?, None)
    });
    add("genSignedCert", SIGNED, |environment, args| {
        leaf(environment, args, new_key(environment)?, Some(issuer(environment, args)?))
    });
    add("genSignedCertWithKey", SIGNED_WITH_KEY, |environment, args| {
        let key = given_key(environment, args, 5)?;
        leaf(environment, args, key, Some(issuer(environment, args)?))
    });
}

fn private_key(environment: &Environment, args: &[Value]) -> Answer {
    let kind = match string(args, 0).as_ref() {
        "" | "rsa" => KeyKind::Rsa { bits: 4096 },
        "dsa" => KeyKind::Dsa,
        "ecdsa" => KeyKind::Ecdsa,
        "ed25519" => KeyKind::Ed25519,
        other => return Ok(format!("Unknown type {other}").into()),
    };
    let made = (environment.generate_key)(kind);
    Ok(made.unwrap_or_else(|error| format!("failed to generate private key: {error}")).into())
}

fn custom(environment: &Environment, args: &[Value]) -> Answer {
    let decoded = |index: usize, what: &str| {
        let bytes = decode_base64(bytes(args, index));
        bytes.map_err(|_| Failure::new(format!("unable to decode base64 {what}")))
    };
    let (certificate, key) = (decoded(0, "certificate")?, decoded(1, "private key")?);
    check_certificate(environment, &String::from_utf8_lossy(&certificate))?;
    check_key(environment, &String::from_utf8_lossy(&key))?;
    Ok(Value::object(Certificate { certificate: certificate.into(), key: key.into() }))
}

fn check_certificate(environment: &Environment, pem: &str) -> Result<(), Failure> {
    if !pem.contains("-----BEGIN ") {
        return Err(Failure::new("unable to decode certificate"));
    }
    (environment.check_certificate)(pem)
        .map_err(|error| Failure::new(format!("error parsing certificate: decodedCert.Bytes: {error}")))
}

fn check_key(environment: &Environment, pem: &str) -> Result<(), Failure> {
    (environment.check_key)(pem).map_err(|error| Failure::new(format!("error parsing private key: {error}")))
}

fn new_key(environment: &Environment) -> Result<String, Failure> {
    (environment.generate_key)(KeyKind::Rsa { bits: 2048 })
        .map_err(|error| Failure::new(format!("error generating rsa key: {error}")))
}

fn given_key(environment: &Environment, args: &[Value], index: usize) -> Result<String, Failure> {
    let key = string(args, index).into_owned();
    (environment.check_key)(&key).map_err(|error| Failure::new(format!("parsing private key: {error}")))?;
    Ok(key)
}

fn issuer(environment: &Environment, args: &[Value]) -> Result<Issuer, Failure> {
    let ca = args[4].downcast::<Certificate>().ok_or_else(|| Failure::new("unable to decode certificate"))?;
    let issuer = Issuer { certificate: ca.certificate.to_string(), key: ca.key.to_string() };
    check_certificate(environment, &issuer.certificate)?;
    check_key(environment, &issuer.key)?;
    Ok(issuer)
}

fn authority(environment: &Environment, args: &[Value], key: String) -> Answer {
    let spec = CertificateSpec { is_ca: true, ..spec(environment, string(args, 0).into_owned(), int(args, 1), key) };
    sign(environment, spec)
}

fn leaf(environment: &Environment, args: &[Value], key: String, issuer: Option<Issuer>) -> Answer {
    let ip_addresses = texts(&args[1], |shown| format!("error parsing ip: {shown} is not a string"))?
        .into_iter()
        .map(|text| text.parse::<IpAddr>().map_err(|_| Failure::new(format!("error parsing ip: {text}"))))
        .collect::<Result<_, _>>()?;
    let dns_names = texts(&args[2], |shown| format!("error processing alternate dns name: {shown} is not a string"))?;
    let base = spec(environment, string(args, 0).into_owned(), int(args, 3), key);
    sign(environment, CertificateSpec { ip_addresses, dns_names, issuer, ..base })
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

fn spec(environment: &Environment, common_name: String, days: i64, key: String) -> CertificateSpec {
    let (not_before, _) = (environment.now)();
    let mut serial = [0; 16];
    (environment.fill_random)(&mut serial);
    CertificateSpec {
        common_name,
        ip_addresses: Vec::new(),
        dns_names: Vec::new(),
        not_before,
        not_after: not_before.saturating_add(days.saturating_mul(DAY)),
        serial,
        is_ca: false,
        key,
        issuer: None,
    }
}

fn sign(environment: &Environment, spec: CertificateSpec) -> Answer {
    let certificate = (environment.sign_certificate)(&spec)
        .map_err(|error| Failure::new(format!("error creating certificate: {error}")))?;
    Ok(Value::object(Certificate { certificate: certificate.into(), key: spec.key.into() }))
}
