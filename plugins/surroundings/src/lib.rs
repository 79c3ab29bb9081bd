//! What charts ask of the world, asked of the host: chance, keys, signatures and the time. For every component that
//! renders charts.

use windlass_keys::KeyKind;
use windlass_sdk::generator::{clock, entropy, signing};
use windlass_sprig::Environment;

/// The world of one chart. Of two charts with different owners, neither gets what the other draws.
pub fn environment(owner: &str) -> Environment {
    let (of_bytes, of_keys) = (format!("{owner} "), format!("{owner} "));
    Environment {
        now: Box::new(|reading| {
            let now = clock::now(reading.granularity, reading.phase).map_err(|refusal| refusal.message())?;
            Ok((i64::try_from(now).unwrap_or(i64::MAX), 0))
        }),
        draw: Box::new(move |site, buffer| {
            let count = u32::try_from(buffer.len()).unwrap_or(u32::MAX);
            let bytes = entropy::draw(&(of_bytes.clone() + site), count).map_err(|refusal| refusal.message())?;
            buffer.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
            Ok(())
        }),
        make_key: Box::new(move |site, kind| {
            entropy::private_key(&(of_keys.clone() + site), key_kind(kind)).map_err(|refusal| refusal.message())
        }),
        sign: Box::new(signing::sign),
    }
}

fn key_kind(kind: KeyKind) -> entropy::KeyKind {
    match kind {
        KeyKind::Rsa2048 => entropy::KeyKind::Rsa2048,
        KeyKind::Rsa4096 => entropy::KeyKind::Rsa4096,
        KeyKind::Ecdsa => entropy::KeyKind::EcdsaP256,
        KeyKind::Ed25519 => entropy::KeyKind::Ed25519,
        KeyKind::Dsa => entropy::KeyKind::Dsa2048,
    }
}
