//! Keys and certificates against another library: what is made here, aws-lc reads, and finds the signatures right.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, ED25519, EcdsaKeyPair, Ed25519KeyPair, KeyPair,
    RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey, VerificationAlgorithm,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use windlass_keys::{Certificate, CertificateRequest, Error, Issuer, KeyKind, PrivateKey, Seed};

/// 2026-11-28 00:00:00 UTC.
const NOW: i64 = 1_795_824_000;
const DAY: i64 = 86_400;

fn key(kind: KeyKind, word: &str) -> PrivateKey {
    PrivateKey::make(kind, &mut Seed::new(b"test").stream([word]))
}

fn der(pem: &str) -> Vec<u8> {
    let lines = pem.lines().filter(|line| !line.starts_with("-----"));
    STANDARD.decode(lines.collect::<String>()).unwrap()
}

fn request<'a>(name: &'a str, key: &'a PrivateKey) -> CertificateRequest<'a> {
    CertificateRequest {
        common_name: name,
        ip_addresses: &[],
        dns_names: &[],
        not_before: NOW,
        not_after: NOW + 365 * DAY,
        serial: [7; 16],
        is_authority: false,
        key,
        issuer: None,
    }
}

/// The certificate, signed here.
fn sign(request: &CertificateRequest<'_>) -> Result<String, Error> {
    let unsigned = request.unsigned()?;
    let signature = request.signer().sign(unsigned.message())?;
    Ok(unsigned.signed(&signature))
}

/// The signed part and the signature of a certificate.
fn signed(pem: &str) -> (Vec<u8>, Vec<u8>) {
    let der = der(pem);
    let length = |at: usize| match der[at + 1] {
        short @ 0..=0x7f => (2, usize::from(short)),
        0x81 => (3, usize::from(der[at + 2])),
        _ => (4, usize::from(der[at + 2]) << 8 | usize::from(der[at + 3])),
    };
    let skip = |at: usize| {
        let (head, body) = length(at);
        at + head + body
    };
    let body = length(0).0;
    let algorithm = skip(body);
    let signature = skip(algorithm);
    (der[body..algorithm].to_vec(), der[signature + length(signature).0 + 1..].to_vec())
}

#[track_caller]
fn check_signature(algorithm: &'static dyn VerificationAlgorithm, public: &[u8], certificate: &str) {
    let (body, signature) = signed(certificate);
    UnparsedPublicKey::new(algorithm, public).verify(&body, &signature).unwrap();
}

#[test]
fn keys_of_every_kind_are_read_by_another_library() {
    let rsa = key(KeyKind::Rsa2048, "rsa").to_pem();
    assert!(rsa.starts_with("-----BEGIN RSA PRIVATE KEY-----\n"));
    assert_eq!(RsaKeyPair::from_der(&der(&rsa)).unwrap().public_modulus_len(), 256);
    let large = key(KeyKind::Rsa4096, "rsa").to_pem();
    assert_eq!(RsaKeyPair::from_der(&der(&large)).unwrap().public_modulus_len(), 512);
    let curve = key(KeyKind::Ecdsa, "ecdsa").to_pem();
    assert!(curve.starts_with("-----BEGIN EC PRIVATE KEY-----\n"));
    EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_ASN1_SIGNING, &der(&curve)).unwrap();
    let edwards = key(KeyKind::Ed25519, "ed25519").to_pem();
    assert!(edwards.starts_with("-----BEGIN PRIVATE KEY-----\n"));
    Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der(&edwards)).unwrap();
}

#[test]
fn a_dsa_key_is_written_and_signs_nothing() {
    let made = key(KeyKind::Dsa, "dsa");
    assert!(made.to_pem().starts_with("-----BEGIN DSA PRIVATE KEY-----\n"));
    assert_eq!(sign(&request("web", &made)).unwrap_err(), Error::CannotSign("DSA"));
}

#[test]
fn the_same_seed_and_words_give_the_same_key_and_others_another() {
    let pem =
        |seed: &[u8], word: &str| PrivateKey::make(KeyKind::Rsa2048, &mut Seed::new(seed).stream([word, "x"])).to_pem();
    assert_eq!(pem(b"one", "a"), pem(b"one", "a"));
    assert_ne!(pem(b"one", "a"), pem(b"one", "b"));
    assert_ne!(pem(b"one", "a"), pem(b"two", "a"));
}

#[test]
fn words_are_told_apart_and_not_joined() {
    let bytes = |words: &[&str]| {
        let mut bytes = [0; 8];
        Seed::new(b"seed").stream(words.iter().copied()).fill(&mut bytes);
        bytes
    };
    assert_ne!(bytes(&["ab", "c"]), bytes(&["a", "bc"]));
    assert_eq!(bytes(&["a", "b"]), bytes(&["a", "b"]));
}

#[test]
fn a_stream_goes_on_where_it_was() {
    let stream = || Seed::new(b"seed").stream(["stream"]);
    let (mut whole, mut first, mut second) = ([0; 100], [0; 40], [0; 60]);
    stream().fill(&mut whole);
    let mut parts = stream();
    parts.fill(&mut first);
    parts.fill(&mut second);
    assert_eq!(whole.to_vec(), [first.as_slice(), &second].concat());
}

#[test]
fn every_kind_of_key_comes_back_out_of_its_pem_and_out_of_pkcs8() {
    for kind in [KeyKind::Rsa2048, KeyKind::Ecdsa, KeyKind::Ed25519] {
        let pem = key(kind, "round").to_pem();
        assert_eq!(PrivateKey::from_pem(&pem).unwrap().to_pem(), pem);
    }
    let rsa = key(KeyKind::Rsa2048, "round").to_pem();
    let pair = RsaKeyPair::from_der(&der(&rsa)).unwrap();
    let pkcs8 = aws_lc_rs::encoding::AsDer::<aws_lc_rs::encoding::Pkcs8V1Der>::as_der(&pair).unwrap();
    let pem = format!(
        "text before\n-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        STANDARD.encode(pkcs8.as_ref())
    );
    assert_eq!(PrivateKey::from_pem(&pem).unwrap().to_pem(), rsa);
}

/// The numbers of a key in PKCS#1, with one changed.
fn with_number(pem: &str, index: usize, change: impl Fn(&mut Vec<u8>)) -> String {
    let whole = der(pem);
    let mut rest = &whole[4..];
    let mut numbers = Vec::new();
    while let [_, length, ..] = *rest {
        let (head, length) = match length {
            0x82 => (4, usize::from(rest[2]) << 8 | usize::from(rest[3])),
            0x81 => (3, usize::from(rest[2])),
            short => (2, usize::from(short)),
        };
        numbers.push((rest[..head].to_vec(), rest[head..head + length].to_vec()));
        rest = &rest[head + length..];
    }
    change(&mut numbers[index].1);
    let body: Vec<u8> = numbers.into_iter().flat_map(|(head, body)| [head, body].concat()).collect();
    let text = STANDARD.encode([&whole[..4], &body].concat());
    format!("-----BEGIN RSA PRIVATE KEY-----\n{text}\n-----END RSA PRIVATE KEY-----\n")
}

#[test]
fn a_coefficient_that_is_wrong_is_not_believed_and_other_wrong_numbers_make_no_key() {
    let pem = key(KeyKind::Rsa2048, "numbers").to_pem();
    let changed = |index: usize| PrivateKey::from_pem(&with_number(&pem, index, |number| number[1] ^= 4));
    assert_eq!(changed(8).unwrap().to_pem(), pem);
    for index in [1, 2, 3, 4, 5] {
        assert!(changed(index).is_err(), "number {index}");
    }
}

#[test]
fn certificates_bear_the_signature_of_their_issuer() {
    let authority = key(KeyKind::Rsa2048, "authority");
    let root = sign(&CertificateRequest { is_authority: true, ..request("root", &authority) }).unwrap();
    let rsa = RsaKeyPair::from_der(&der(&authority.to_pem())).unwrap();
    let public = rsa.public_key().as_ref();
    check_signature(&RSA_PKCS1_2048_8192_SHA256, public, &root);

    let leaf = key(KeyKind::Ecdsa, "leaf");
    let certificate = Certificate::from_pem(&root).unwrap();
    let issuer = Some(Issuer { certificate: &certificate, key: &authority });
    let (names, addresses) = (["web.example.com".to_owned()], ["10.0.0.1".parse().unwrap(), "::1".parse().unwrap()]);
    let wanted = CertificateRequest { dns_names: &names, ip_addresses: &addresses, issuer, ..request("web", &leaf) };
    let signed = sign(&wanted).unwrap();
    check_signature(&RSA_PKCS1_2048_8192_SHA256, public, &signed);
    assert_eq!(signed, sign(&wanted).unwrap(), "nothing of it is left to chance");
}

#[test]
fn ecdsa_and_ed25519_sign_as_well() {
    let curve = key(KeyKind::Ecdsa, "curve");
    let pair = EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_ASN1_SIGNING, &der(&curve.to_pem())).unwrap();
    check_signature(&ECDSA_P256_SHA256_ASN1, pair.public_key().as_ref(), &sign(&request("web", &curve)).unwrap());
    let edwards = key(KeyKind::Ed25519, "edwards");
    let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der(&edwards.to_pem())).unwrap();
    check_signature(&ED25519, pair.public_key().as_ref(), &sign(&request("web", &edwards)).unwrap());
}

#[test]
fn a_key_that_is_not_the_authority_s_is_refused() {
    let (authority, other) = (key(KeyKind::Ecdsa, "authority"), key(KeyKind::Ecdsa, "other"));
    let root = sign(&CertificateRequest { is_authority: true, ..request("root", &authority) }).unwrap();
    let certificate = Certificate::from_pem(&root).unwrap();
    let issuer = Some(Issuer { certificate: &certificate, key: &other });
    assert_eq!(sign(&CertificateRequest { issuer, ..request("web", &other) }).unwrap_err(), Error::OtherKey);
}

#[test]
fn what_is_no_key_or_certificate_is_an_error_in_words_without_the_text() {
    let error = |text: &str| PrivateKey::from_pem(text).unwrap_err().to_string();
    assert_eq!(error("hunter2"), "no PEM data in input");
    let block = |label: &str, body: &str| format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n");
    assert_eq!(error(&block("RSA PRIVATE KEY", "MAA=")), "decoding PEM as RSA private key: asn1: syntax error");
    assert_eq!(error(&block("CERTIFICATE", "MAA=")), "no private key data in PEM block of type CERTIFICATE");
    let odd = PrivateKey::from_pem(&block("EC PRIVATE KEY", "MAUCAQEEAA==")).unwrap_err();
    assert!(matches!(odd, Error::Key("EC private key", _)), "{odd}");
    assert!(Certificate::from_pem(&block("CERTIFICATE", "MAA=")).is_err());
    assert_eq!(format!("{:?}", key(KeyKind::Ed25519, "shown")), "PrivateKey(…)");
}

#[test]
fn cut_and_changed_keys_and_certificates_never_panic() {
    let key = key(KeyKind::Ecdsa, "cut");
    let certificate = sign(&request("web", &key)).unwrap();
    for pem in [key.to_pem(), certificate] {
        let label = if pem.contains("CERTIFICATE") { "CERTIFICATE" } else { "EC PRIVATE KEY" };
        let whole = der(&pem);
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 0x5a;
            for der in [&whole[..at], &changed] {
                let pem = format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der));
                let _outcome = (PrivateKey::from_pem(&pem).is_ok(), Certificate::from_pem(&pem).is_ok());
            }
        }
    }
}

#[test]
fn a_time_that_has_no_place_in_a_certificate_is_refused() {
    let key = key(KeyKind::Ed25519, "time");
    let late = CertificateRequest { not_after: i64::MAX, ..request("web", &key) };
    assert_eq!(sign(&late).unwrap_err(), Error::Time(i64::MAX));
    assert!(sign(&CertificateRequest { not_after: NOW + 40_000 * DAY, ..request("web", &key) }).is_ok());
}
