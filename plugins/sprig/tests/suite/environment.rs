//! What comes from outside: clock, chance, keys.

use windlass_sprig::{Environment, KeyKind};

use crate::render;

/// Bytes that count up, so that random text is neither constant nor different each run.
fn counting() -> Environment {
    let next = std::cell::Cell::new(0u8);
    let fill = move |buffer: &mut [u8]| {
        for byte in buffer {
            *byte = next.replace(next.get().wrapping_add(37));
        }
    };
    Environment { now: Box::new(|| (1_700_000_000, 0)), fill_random: Box::new(fill), ..Environment::fixed() }
}

fn rendered(template: &str, environment: Environment) -> String {
    render(template, environment).unwrap_or_else(|error| panic!("{template}: {error}"))
}

#[test]
fn random_text_keeps_to_its_alphabet() {
    let text = rendered("{{randAlpha 50}}|{{randNumeric 50}}|{{randAlphaNum 50}}", counting());
    let parts: Vec<&str> = text.split('|').collect();
    assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [50, 50, 50]);
    assert!(parts[0].chars().all(|char| char.is_ascii_alphabetic()), "{text}");
    assert!(parts[1].chars().all(|char| char.is_ascii_digit()), "{text}");
    assert!(parts[2].chars().all(|char| char.is_ascii_alphanumeric()), "{text}");
}

#[test]
fn a_uuid_says_that_it_is_random() {
    let uuid = rendered("{{uuidv4}}", counting());
    assert_eq!((uuid.len(), &uuid[14..15]), (36, "4"), "{uuid}");
}

#[test]
fn what_is_encrypted_can_be_decrypted() {
    let round_trip = "{{\"some secret text\" | encryptAES \"key\" | decryptAES \"key\"}}";
    assert_eq!(rendered(round_trip, counting()), "some secret text");
}

#[test]
fn htpasswd_hashes_with_bcrypt() {
    let line = rendered("{{htpasswd \"me\" \"secret\"}}", counting());
    let hash = line.strip_prefix("me:").unwrap();
    assert!(hash.starts_with("$2a$10$") && hash.len() == 60, "{hash}");
    assert_eq!(rendered("{{htpasswd \"a:b\" \"x\"}}", counting()), "invalid username: a:b");
}

#[test]
fn now_is_the_clock_that_was_handed_in() {
    assert_eq!(rendered("{{now | date \"2006-01-02\"}} {{now.Unix}}", counting()), "2023-11-14 1700000000");
}

#[test]
fn certificates_are_made_by_the_caller() {
    let environment = Environment {
        generate_key: Box::new(|kind| {
            assert_eq!(kind, KeyKind::Rsa { bits: 2048 });
            Ok("-----BEGIN KEY-----".to_owned())
        }),
        sign_certificate: Box::new(|spec| {
            let issuer = spec.issuer.as_ref().map_or("itself", |issuer| &issuer.certificate);
            let names = spec.dns_names.join(" ");
            let days = (spec.not_after - spec.not_before) / 86_400;
            Ok(format!("-----BEGIN {} {days}d {names} ca={} by {issuer}", spec.common_name, spec.is_ca))
        }),
        ..counting()
    };
    let template =
        "{{$ca := genCA \"root\" 10}}{{$c := genSignedCert \"web\" nil (list \"a\" \"b\") 5 $ca}}{{$c.Cert}}";
    let expected = "-----BEGIN web 5d a b ca=false by -----BEGIN root 10d  ca=true by itself";
    assert_eq!(rendered(template, environment), expected);
}

#[test]
fn without_keys_the_failure_says_so() {
    let error = render("{{genCA \"root\" 10}}", Environment::fixed()).unwrap_err();
    assert!(error.contains("keys and certificates are not available here"), "{error}");
}
