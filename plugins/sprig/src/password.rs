//! `derivePassword`: the Master Password algorithm, version of its first publication.

use hmac::{Hmac, Mac};
use sha2::Sha256;
use windlass_gotemplate::{Execution, Failure, Functions, Signature, Type, UintKind, Value};

use crate::args::{Answer, bytes, string};

const SCOPE: &[u8] = b"com.lyndir.masterpassword";
/// log2(N), r and p of scrypt.
const COST: (u8, u32, u32) = (15, 8, 2);
/// What deriving costs in steps: it takes some 100 milliseconds.
const DERIVE_STEPS: u64 = 5_000_000;

const COUNTER: Type = Type::Uint(UintKind::Uint32);
const DERIVE: Signature = Signature::fixed(&[COUNTER, Type::String, Type::String, Type::String, Type::String]);

pub(crate) fn register(functions: &mut Functions) {
    functions.add("derivePassword", DERIVE, derive);
}

/// The shapes a password of each kind may have; the seed chooses.
fn templates(kind: &str) -> Option<&'static [&'static str]> {
    Some(match kind {
        "maximum" => &["anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"],
        "long" => &[
            "CvcvnoCvcvCvcv",
            "CvcvCvcvnoCvcv",
            "CvcvCvcvCvcvno",
            "CvccnoCvcvCvcv",
            "CvccCvcvnoCvcv",
            "CvccCvcvCvcvno",
            "CvcvnoCvccCvcv",
            "CvcvCvccnoCvcv",
            "CvcvCvccCvcvno",
            "CvcvnoCvcvCvcc",
            "CvcvCvcvnoCvcc",
            "CvcvCvcvCvccno",
            "CvccnoCvccCvcv",
            "CvccCvccnoCvcv",
            "CvccCvccCvcvno",
            "CvcvnoCvccCvcc",
            "CvcvCvccnoCvcc",
            "CvcvCvccCvccno",
            "CvccnoCvcvCvcc",
            "CvccCvcvnoCvcc",
            "CvccCvcvCvccno",
        ],
        "medium" => &["CvcnoCvc", "CvcCvcno"],
        "short" => &["Cvcn"],
        "basic" => &["aaanaaan", "aannaaan", "aaannaaa"],
        "pin" => &["nnnn"],
        _ => return None,
    })
}

fn characters(class: u8) -> &'static [u8] {
    match class {
        b'V' => b"AEIOU",
        b'C' => b"BCDFGHJKLMNPQRSTVWXYZ",
        b'v' => b"aeiou",
        b'c' => b"bcdfghjklmnpqrstvwxyz",
        b'A' => b"AEIOUBCDFGHJKLMNPQRSTVWXYZ",
        b'a' => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz",
        b'n' => b"0123456789",
        b'o' => b"@&%?,=[]_:-+*$#!'^~;()/.",
        _ => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()",
    }
}

fn derive(execution: &mut Execution, args: &[Value]) -> Answer {
    let kind = string(args, 1);
    let Some(templates) = templates(&kind) else {
        return Ok(format!("cannot find password template {kind}").into());
    };
    execution.spend(DERIVE_STEPS)?;
    let counter = match &args[0] {
        Value::Uint(counter, _) => *counter as u32,
        _ => 0,
    };
    let (password, user, site) = (bytes(args, 2), bytes(args, 3), bytes(args, 4));
    let failed = |error: &dyn std::fmt::Display| Failure::new(format!("failed to derive password: {error}"));
    let parameters = scrypt::Params::new(COST.0, COST.1, COST.2, 64).map_err(|error| failed(&error))?;
    let mut master = [0; 64];
    scrypt::scrypt(password, &sized(user), &parameters, &mut master).map_err(|error| failed(&error))?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&master).map_err(|error| failed(&error))?;
    mac.update(&sized(site));
    mac.update(&counter.to_be_bytes());
    let seed = mac.finalize().into_bytes();
    let template = templates[usize::from(seed[0]) % templates.len()];
    let derived = template.bytes().zip(&seed[1..]).map(|(class, seed)| {
        let characters = characters(class);
        characters[usize::from(*seed) % characters.len()]
    });
    Ok(Value::string(derived.collect::<Vec<u8>>()))
}

/// The scope, then the length in four bytes, then the text.
fn sized(text: &[u8]) -> Vec<u8> {
    let length = (text.len() as u32).to_be_bytes();
    [SCOPE, &length, text].concat()
}
