//! Digests, random text and symmetric encryption.

use std::rc::Rc;

use aes::Aes256;
use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockDecryptMut, BlockEncryptMut, KeyIvInit};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};
use windlass_gotemplate::{Execution, Failure, Functions, Signature, Value};

use crate::args::{Answer, INT, STRING, STRING_STRING, bytes, int, string};
use crate::chance::{Chance, Site};
use crate::encoding::decode_base64;

/// The cost sprig takes from Go's library.
const BCRYPT_COST: u32 = 10;
/// Longer passwords are refused, as newer versions of Go's library do.
const BCRYPT_MAX_PASSWORD: usize = 72;
const BLOCK: usize = 16;
/// What hashing one password costs in steps; it takes some tens of milliseconds.
const HASH_STEPS: u64 = 1_000_000;

pub(crate) fn register(functions: &mut Functions, chance: &Rc<Chance>) {
    functions.add("sha1sum", STRING, |_, args| Ok(digest::<Sha1>(args)));
    functions.add("sha256sum", STRING, |_, args| Ok(digest::<Sha256>(args)));
    functions.add("sha512sum", STRING, |_, args| Ok(digest::<Sha512>(args)));
    functions.add("adler32sum", STRING, |_, args| Ok(adler32(bytes(args, 0)).to_string().into()));
    functions.add("decryptAES", STRING_STRING, |_, args| decrypt(bytes(args, 0), bytes(args, 1)));
    let random = chance.clone();
    functions.add("bcrypt", STRING, move |execution, args| {
        bcrypt(execution, &mut random.site(execution, "bcrypt"), bytes(args, 0)).map(Value::from)
    });
    let random = chance.clone();
    functions.add("htpasswd", STRING_STRING, move |execution, args| {
        let user = string(args, 0);
        if user.contains(':') {
            return Ok(format!("invalid username: {user}").into());
        }
        let mut site = random.site(execution, "htpasswd");
        Ok(format!("{user}:{}", bcrypt(execution, &mut site, bytes(args, 1))?).into())
    });
    let random = chance.clone();
    functions.add("encryptAES", STRING_STRING, move |execution, args| {
        encrypt(&mut random.site(execution, "encryptAES"), bytes(args, 0), bytes(args, 1))
    });
    randoms(functions, chance);
}

fn digest<D: Digest>(args: &[Value]) -> Value {
    Value::from(hex(&D::digest(bytes(args, 0))))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

fn adler32(bytes: &[u8]) -> u32 {
    const PRIME: u32 = 65_521;
    let (low, high) = bytes.iter().fold((1, 0), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % PRIME;
        (low, (high + low) % PRIME)
    });
    high << 16 | low
}

fn bcrypt(execution: &mut Execution, site: &mut Site<'_>, password: &[u8]) -> Result<String, Failure> {
    execution.spend(HASH_STEPS)?;
    if password.len() > BCRYPT_MAX_PASSWORD {
        let why = "bcrypt: password length exceeds 72 bytes";
        return Ok(format!("failed to encrypt string with bcrypt: {why}"));
    }
    let salt = site.array()?;
    let mut key = password.to_vec();
    key.push(0);
    let hash = bcrypt::bcrypt(BCRYPT_COST, salt, &key);
    let encode = |bytes: &[u8]| {
        base64::engine::GeneralPurpose::new(&base64::alphabet::BCRYPT, base64::engine::general_purpose::NO_PAD)
            .encode(bytes)
    };
    Ok(format!("$2a${BCRYPT_COST:02}${}{}", encode(&salt), encode(&hash[..23])))
}

/// The password, cut or filled with zeros to the key's length: sprig derives no key.
fn key(password: &[u8]) -> [u8; 32] {
    let mut key = [0; 32];
    key.iter_mut().zip(password).for_each(|(key, byte)| *key = *byte);
    key
}

fn encrypt(site: &mut Site<'_>, password: &[u8], text: &[u8]) -> Answer {
    if text.is_empty() {
        return Ok("".into());
    }
    let vector: [u8; BLOCK] = site.array()?;
    let cipher = cbc::Encryptor::<Aes256>::new(&key(password).into(), &vector.into());
    let mut out = vector.to_vec();
    out.extend(cipher.encrypt_padded_vec_mut::<Pkcs7>(text));
    Ok(STANDARD.encode(out).into())
}

/// Only the last byte of the padding is looked at, as in sprig: a wrong key gives rubbish, or an error.
fn decrypt(password: &[u8], text: &[u8]) -> Answer {
    if text.is_empty() {
        return Ok("".into());
    }
    let data = decode_base64(text).map_err(Failure::new)?;
    let Some((vector, data)) = data.split_first_chunk::<BLOCK>() else {
        let length = data.len();
        return Err(Failure::new(format!(
            "runtime error: slice bounds out of range [:{BLOCK}] with capacity {length}"
        )));
    };
    if data.len() % BLOCK != 0 {
        return Err(Failure::new("crypto/cipher: input not full blocks"));
    }
    let cipher = cbc::Decryptor::<Aes256>::new(&key(password).into(), vector.into());
    let plain = cipher.decrypt_padded_vec_mut::<aes::cipher::block_padding::NoPadding>(data).unwrap_or_default();
    let padding = plain.last().copied().unwrap_or(0).into();
    match plain.len().checked_sub(padding) {
        Some(length) if !plain.is_empty() => Ok(Value::string(&plain[..length])),
        _ => Err(Failure::new("runtime error: slice bounds out of range")),
    }
}

const DIGITS: &str = "0123456789";
const LETTERS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

fn randoms(functions: &mut Functions, chance: &Rc<Chance>) {
    let ascii: String = (' '..='~').collect();
    let alphabets = [
        ("randAlphaNum", format!("{LETTERS}{DIGITS}")),
        ("randAlpha", LETTERS.to_owned()),
        ("randNumeric", DIGITS.to_owned()),
        ("randAscii", ascii),
    ];
    for (name, alphabet) in alphabets {
        let random = chance.clone();
        functions.add(name, INT, move |execution, args| {
            let count = paid_count(execution, int(args, 0))?;
            pick(&mut random.site(execution, name), alphabet.as_bytes(), count).map(Value::string)
        });
    }
    let random = chance.clone();
    functions.add("randBytes", INT, move |execution, args| {
        let mut buffer = vec![0; paid_count(execution, int(args, 0))?];
        random.site(execution, "randBytes").fill(&mut buffer)?;
        Ok(STANDARD.encode(buffer).into())
    });
    let random = chance.clone();
    functions.add("uuidv4", Signature::fixed(&[]), move |execution, _| {
        Ok(uuid(random.site(execution, "uuidv4").array()?).into())
    });
    let random = chance.clone();
    functions.add("shuffle", STRING, move |execution, args| {
        shuffle(&mut random.site(execution, "shuffle"), &string(args, 0)).map(Value::from)
    });
}

/// A negative count makes Go panic, in words nobody matches on.
fn paid_count(execution: &mut Execution, count: i64) -> Result<usize, Failure> {
    let count = usize::try_from(count).map_err(|_| Failure::new("runtime error: makeslice: len out of range"))?;
    execution.spend(count as u64)?;
    Ok(count)
}

fn pick(site: &mut Site<'_>, alphabet: &[u8], count: usize) -> Result<Vec<u8>, Failure> {
    (0..count).map(|_| Ok(alphabet[site.below(alphabet.len())?])).collect()
}

fn shuffle(site: &mut Site<'_>, text: &str) -> Result<String, Failure> {
    let mut chars: Vec<char> = text.chars().collect();
    for last in (1..chars.len()).rev() {
        chars.swap(last, site.below(last + 1)?);
    }
    Ok(chars.into_iter().collect())
}

fn uuid(mut bytes: [u8; 16]) -> String {
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let text = hex(&bytes);
    [&text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..]].join("-")
}
