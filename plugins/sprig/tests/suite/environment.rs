//! What comes from outside: clock, chance, keys.

use windlass_keys::Seed;
use windlass_sprig::{Environment, Reading};

use crate::{render, render_as};

fn seeded() -> Environment {
    Environment { now: Box::new(|_| Ok((1_700_000_000, 0))), ..Environment::seeded(Seed::new(b"test")) }
}

#[track_caller]
fn rendered(template: &str) -> String {
    render(template, seeded()).unwrap_or_else(|error| panic!("{template}: {error}"))
}

#[test]
fn random_text_keeps_to_its_alphabet() {
    let text = rendered("{{randAlpha 50}}|{{randNumeric 50}}|{{randAlphaNum 50}}");
    let parts: Vec<&str> = text.split('|').collect();
    assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [50, 50, 50]);
    assert!(parts[0].chars().all(|char| char.is_ascii_alphabetic()), "{text}");
    assert!(parts[1].chars().all(|char| char.is_ascii_digit()), "{text}");
    assert!(parts[2].chars().all(|char| char.is_ascii_alphanumeric()), "{text}");
}

#[test]
fn random_numbers_lie_within_their_bounds_and_shuffling_loses_nothing() {
    let number: i64 = rendered("{{randInt 5 8}}").parse().unwrap();
    assert!((5..8).contains(&number), "{number}");
    let shuffled = rendered("{{shuffle \"abcdefghij\"}}");
    let mut letters: Vec<char> = shuffled.chars().collect();
    letters.sort_unstable();
    assert_eq!((letters.iter().collect::<String>().as_str(), shuffled != "abcdefghij"), ("abcdefghij", true));
    assert_eq!(rendered("{{randBytes 100}}").len(), 136);
}

#[test]
fn a_uuid_says_that_it_is_random() {
    let uuid = rendered("{{uuidv4}}");
    assert_eq!((uuid.len(), &uuid[14..15]), (36, "4"), "{uuid}");
}

#[test]
fn what_is_encrypted_can_be_decrypted() {
    let round_trip = "{{\"some secret text\" | encryptAES \"key\" | decryptAES \"key\"}}";
    assert_eq!(rendered(round_trip), "some secret text");
}

#[test]
fn htpasswd_hashes_with_bcrypt() {
    let line = rendered("{{htpasswd \"me\" \"secret\"}}");
    let hash = line.strip_prefix("me:").unwrap();
    assert!(hash.starts_with("$2a$10$") && hash.len() == 60, "{hash}");
    assert_eq!(rendered("{{htpasswd \"a:b\" \"x\"}}"), "invalid username: a:b");
}

#[test]
fn a_call_site_gets_the_same_again_and_no_other_gets_it() {
    let once = rendered("{{randAlphaNum 16}}");
    assert_eq!(rendered("{{randAlphaNum 16}}"), once);
    let text = rendered("{{uuidv4}}{{genPrivateKey \"ed25519\" | trunc 0}} {{randAlphaNum 16}} {{randAlphaNum 16}}");
    let parts: Vec<&str> = text.split(' ').collect();
    assert_eq!(parts[1], once, "calls of other functions change nothing");
    assert_ne!(parts[2], once);
    assert_ne!(render_as("other", "{{randAlphaNum 16}}", seeded()).unwrap(), once, "another template");
}

#[test]
fn now_is_the_clock_that_was_handed_in() {
    assert_eq!(rendered("{{now | date \"2006-01-02\"}} {{now.Unix}}"), "2023-11-14 1700000000");
}

#[test]
fn an_authority_signs_and_its_certificates_are_the_same_until_they_are_renewed() {
    let chain = "{{$ca := genCA \"root\" 300}}{{$c := genSignedCert \"web\" (list \"10.0.0.1\") (list \"a\") 30 $ca}}\
                 {{$ca.Cert}}|{{$c.Cert}}|{{$c.Key}}";
    let at = |day: i64| {
        let now = move |reading: Reading| {
            let (granularity, phase) = (reading.granularity as i64, reading.phase as i64);
            Ok(((day * 86_400 + phase) / granularity * granularity - phase, 0))
        };
        let environment = Environment { now: Box::new(now), ..seeded() };
        render(chain, environment).unwrap().split('|').map(str::to_owned).collect::<Vec<_>>()
    };
    let (today, tomorrow, later) = (at(20_000), at(20_001), at(20_150));
    assert!(today[0].starts_with("-----BEGIN CERTIFICATE-----\n"), "{}", today[0]);
    assert!(today[2].starts_with("-----BEGIN RSA PRIVATE KEY-----\n"), "the key");
    assert_eq!(today[0], tomorrow[0]);
    assert_ne!(today[1], later[1], "renewed after two thirds of its 30 days");
    assert_eq!(today[2], later[2], "the key stays");
}

#[test]
fn keys_of_one_s_own_are_taken_and_come_out_in_their_usual_form() {
    let template = "{{$k := genPrivateKey \"ecdsa\"}}{{$ca := genCAWithKey \"root\" 10 $k}}{{eq $ca.Key $k}} \
                    {{$c := genSignedCertWithKey \"web\" nil nil 5 $ca (genPrivateKey \"ed25519\")}}\
                    {{hasPrefix \"-----BEGIN PRIVATE KEY-----\" $c.Key}} \
                    {{$b := buildCustomCert (b64enc $c.Cert) (b64enc $c.Key)}}{{eq $b.Cert $c.Cert}} \
                    {{hasPrefix \"-----BEGIN CERTIFICATE-----\" (genSelfSignedCertWithKey \"x\" nil nil 5 $k).Cert}}";
    assert_eq!(rendered(template), "true true true true");
}

#[test]
fn what_is_no_key_is_refused_in_words_that_do_not_show_it() {
    let refused = |template: &str| render(template, seeded()).unwrap_err();
    let error = refused("{{genCAWithKey \"root\" 10 \"hunter2\"}}");
    assert!(error.contains("parsing private key: no PEM data in input") && !error.contains(": hunter2"), "{error}");
    let error = refused("{{genSelfSignedCert \"x\" (list \"10.0.0\") nil 5}}");
    assert!(error.contains("error parsing ip: 10.0.0"), "{error}");
    assert_eq!(rendered("{{genPrivateKey \"rot13\"}}"), "Unknown type rot13");
}

#[test]
fn what_is_refused_says_so() {
    for (template, words) in [
        ("{{genCA \"root\" 10}}", "keys and certificates are not available here"),
        ("{{randAlphaNum 4}}", "random values are not available here"),
    ] {
        let error = render(template, Environment::fixed()).unwrap_err();
        assert!(error.contains(words), "{error}");
    }
    let clock = Environment { now: Box::new(|_| Err("no clock here".into())), ..Environment::fixed() };
    assert!(render("{{now}}", clock).unwrap_err().contains("error calling now: no clock here"));
    let unsigned = Environment { sign: Box::new(|_, _| Err("no signature here".into())), ..seeded() };
    let error = render("{{genCA \"root\" 10}}", unsigned).unwrap_err();
    assert!(error.contains("error creating certificate: no signature here"), "{error}");
}
